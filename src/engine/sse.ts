import { createParser, type EventSourceMessage } from "eventsource-parser";
import { TidewireError } from "../kernel/errors.ts";
import type { SseEvent } from "../model/reply.ts";

/** The largest event that is taken, in characters. */
const MAX_EVENT = 32 * 1024 * 1024;

/**
 * The events of a Server-Sent Events stream as they arrive, an `error` event like any other; comments are left out.
 * An event that the stream breaks off in is not given (as the HTML standard says).
 * Throws `upstream_invalid` for an event of more than `maxEvent` characters.
 */
export async function* readSse(chunks: AsyncIterable<Uint8Array>, maxEvent = MAX_EVENT): AsyncGenerator<SseEvent> {
  const read = sseReader(maxEvent);
  for await (const chunk of chunks) yield* read(chunk);
}

/** Reads a stream piece by piece: gives the events that each chunk completes. It throws as `readSse` does. */
export function sseReader(maxEvent = MAX_EVENT): (chunk: Uint8Array) => SseEvent[] {
  const decoder = new TextDecoder();
  let ready: SseEvent[] = [];
  const parser = createParser({
    onEvent: (message) => ready.push(toEvent(message)),
    onError: (error) => {
      // Unknown fields are to be ignored; only a buffer that runs over ends the stream.
      if (error.type === "max-buffer-size-exceeded") throw tooLarge(maxEvent);
    },
    maxBufferSize: maxEvent,
  });
  return (chunk) => {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const complete = ready;
    ready = [];
    return complete;
  };
}

function toEvent({ event, data, id }: EventSourceMessage): SseEvent {
  return id === undefined ? { event: event ?? null, data } : { event: event ?? null, data, id };
}

function tooLarge(maxEvent: number): TidewireError {
  return new TidewireError("upstream_invalid", `The provider sent an event of more than ${maxEvent} characters.`);
}
