import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Http } from "./caller.ts";
import type { Answer } from "./reply.ts";

/** An answer whose body comes piece by piece. */
type Streamed = Omit<Answer, "body"> & { body: AsyncIterable<Uint8Array> };

/**
 * Sends a body as it comes: each piece when it is there, none before the caller took the one before. On Node's own response,
 * where there is one: a web stream between costs a tenth of a millisecond until the first piece is out. What breaks the body
 * off breaks the connection off, so that nobody takes it for whole. For HEAD the source is ended at once.
 */
export async function writeOut(c: Http, { status, headers, body }: Streamed): Promise<Response> {
  if (c.req.method === "HEAD") {
    void endUnread(body);
    return new Response(null, { status, headers });
  }
  const outgoing = c.env?.outgoing;
  if (!(outgoing && "writeHead" in outgoing)) return new Response(toStream(body), { status, headers });
  await write(outgoing as ServerResponse, status, headers, body);
  return RESPONSE_ALREADY_SENT;
}

/** Has a source let go of what it holds. It must begin for that: what ends one that has not begun never reaches it. */
async function endUnread(body: AsyncIterable<Uint8Array>): Promise<void> {
  const iterator = body[Symbol.asyncIterator]();
  try {
    await iterator.next();
    await iterator.return?.();
  } catch {
    // What breaks a body off concerns its readers, and there are none.
  }
}

async function write(
  outgoing: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  outgoing.writeHead(status, headers);
  // The head goes with the first piece, if that is there by now; else the caller learns at once that there is an answer.
  const headAlone = setImmediate(() => outgoing.flushHeaders());
  try {
    for await (const piece of body) {
      clearImmediate(headAlone);
      if (outgoing.destroyed) break; // leaving the loop ends the source
      if (!outgoing.write(piece)) await drained(outgoing);
    }
    clearImmediate(headAlone);
    outgoing.end();
  } catch {
    clearImmediate(headAlone);
    outgoing.destroy();
  }
}

/** Resolves when more can be written, or when nobody is left to read it. */
function drained(outgoing: ServerResponse): Promise<unknown> {
  const done = new AbortController();
  const { signal } = done;
  return Promise.race([once(outgoing, "drain", { signal }), once(outgoing, "close", { signal })]).finally(() =>
    done.abort(),
  );
}

/** One chunk for one pull: nothing is buffered, and a reader that leaves ends the source. */
function toStream(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await iterator.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
