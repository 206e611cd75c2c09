import type { HttpRequest } from "./port.ts";
import { isStream } from "./sent-body.ts";

/** What belongs to the connection (RFC 9110, 7.6.1) or names the host: only the URL decides it, or a request could pose as another. */
export const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
  "http2-settings",
]);

/**
 * The headers as undici takes them, name and value in turn. Those of the connection are left out; `content-length` is kept
 * for a stream alone, whose length undici cannot know (a stream that does not fit it fails). Nothing is asked to be compressed.
 */
export function outgoingHeaders({ headers, body }: HttpRequest): string[] {
  const streamed = isStream(body);
  const list: string[] = [];
  let hasEncoding = false;
  for (const name in headers) {
    const key = name.toLowerCase();
    if (OF_THE_CONNECTION.has(key)) continue;
    if (key === "content-length" && !streamed) continue;
    if (key === "accept-encoding") hasEncoding = true;
    list.push(key, headers[name] as string);
  }
  if (!hasEncoding) list.push("accept-encoding", "identity");
  return list;
}
