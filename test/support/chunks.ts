/** The UTF-8 of a text, cut by the given lengths in bytes (also within characters); the rest comes as one chunk. */
export async function* splitAnywhere(text: string, lengths: Iterable<number>): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let from = 0;
  for (const length of lengths) {
    if (from >= bytes.length) return;
    yield bytes.subarray(from, from + length);
    from += length;
  }
  if (from < bytes.length) yield bytes.subarray(from);
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const member of source) all.push(member);
  return all;
}
