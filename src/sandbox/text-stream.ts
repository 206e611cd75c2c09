/** A body that is written as it is read: nothing is made ahead, and a reader that goes away stops the source. */
export function textStream(source: Iterable<string> | AsyncIterable<string>): ReadableStream<Uint8Array> {
  const pieces = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await pieces.next();
        if (next.done) controller.close();
        else controller.enqueue(encoder.encode(next.value));
      },
      async cancel() {
        await pieces.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The pieces up to `count`, then the break; all of them when there is no count. */
export function* cutOff(pieces: Iterable<string>, count: number | undefined, reset: () => void): Generator<string> {
  let sent = 0;
  for (const piece of pieces) {
    if (sent++ === count) return reset();
    yield piece;
  }
}
