import type { Readable } from "node:stream";
import type { Http } from "./caller.ts";
import { cutShort, tooLarge } from "./reply.ts";

/**
 * A body as it was sent, whole. Throws `payload_too_large` beyond `maxBytes` and `aborted` for one that its sender cut short, or
 * that is not there when `late` rejects with that; the caller can still be answered then.
 */
export async function readBytes(c: Http, maxBytes: number, late?: Promise<never>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const pieces = piecesOf(c);
  for (let next = await either(pieces, late); !next.done; next = await either(pieces, late)) {
    bytes += next.value.length;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    chunks.push(next.value);
  }
  return Buffer.concat(chunks);
}

/** The connection stays when reading stops: whoever stops must still be able to answer. */
function piecesOf(c: Http): AsyncIterator<Uint8Array> {
  const incoming: Readable | undefined = c.env?.incoming;
  const body = incoming?.iterator({ destroyOnReturn: false }) ?? c.req.raw.body ?? new ReadableStream();
  return (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
}

async function either(pieces: AsyncIterator<Uint8Array>, late?: Promise<never>): Promise<IteratorResult<Uint8Array>> {
  const next = pieces.next().catch((cause: unknown) => {
    throw cutShort(cause);
  });
  return late ? Promise.race([next, late]) : next;
}
