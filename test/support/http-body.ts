import type { HttpBody } from "../../src/net/port.ts";

/** The body of an answer that never was on a wire. */
export function bodyOf(text: string): HttpBody {
  const bytes = new TextEncoder().encode(text);
  return {
    text: async () => text,
    bytes: async () => bytes,
    start: async (most) => bytes.subarray(0, most),
    discard: () => undefined,
    async *[Symbol.asyncIterator]() {
      yield bytes;
    },
  };
}
