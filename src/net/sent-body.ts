import { Readable } from "node:stream";
import { messageOf } from "../kernel/errors.ts";
import type { HttpRequest } from "./port.ts";

/** What a request's own stream threw; `cause` goes back to the caller as it was, for it is no failure of the network. */
export class SourceFailure extends Error {
  constructor(cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = "SourceFailure";
  }
}

/** A request's stream as undici reads it: destroying it ends the source, and the source's errors can be told from the socket's. */
export function readableBody(source: AsyncIterable<Uint8Array>): Readable {
  return Readable.from(mark(source), { objectMode: false });
}

/** True for a body that is neither text nor bytes. */
export function isStream(body: HttpRequest["body"]): body is AsyncIterable<Uint8Array> {
  return typeof body === "object" && !(body instanceof Uint8Array);
}

async function* mark(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  const next = () =>
    iterator.next().catch((error: unknown) => {
      throw new SourceFailure(error);
    });
  try {
    // What is thrown at the yield comes from the reader, not from the source.
    for (let step = await next(); !step.done; step = await next()) yield step.value;
  } finally {
    await iterator.return?.();
  }
}
