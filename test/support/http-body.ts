import type { HttpBody } from "../../src/net/port.ts";

/** The body of an answer that never was on a wire. */
export function bodyOf(text: string): HttpBody {
  const bytes = new TextEncoder().encode(text);
  return {
    text: async () => text,
    bytes: async () => bytes,
    discard: () => undefined,
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  };
}
