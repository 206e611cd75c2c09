import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";

export interface RawAnswer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  body: Buffer;
}

export interface RawRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Buffer | AsyncIterable<Buffer>;
  signal?: AbortSignal;
}

/** Sends a request by Node's own client, which adds nothing and hides nothing; gives the answer's head, its body unread. */
export function openRaw(url: string, { method = "GET", headers = {}, body, signal }: RawRequest = {}) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false, ...(signal && { signal }) }, resolve);
    outgoing.on("error", reject);
    if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) outgoing.end(body);
    else Readable.from(body).pipe(outgoing);
  });
}

/** The same with the body read whole; rejects when the connection breaks within it. */
export async function raw(url: string, options: RawRequest = {}): Promise<RawAnswer> {
  const answer = await openRaw(url, options);
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers as Record<string, string>,
    body: Buffer.concat(chunks),
  };
}
