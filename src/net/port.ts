import type { Cancellation } from "../kernel/canceller.ts";

/** A request on its way out. Header names are lower-case. */
export interface HttpRequest {
  method: string;
  url: string;
  headers: Record<string, string>;
  /** A stream is sent as it comes; give `content-length` in the headers when it is known. */
  body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** What it is for, by the manifest's names or a fixed word, never by a caller's. It is not sent: whoever counts requests reads it. */
  purpose?: { connector: string; operation: string };
}

/** Header names are lower-case, repeated ones joined by ", ". */
export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: HttpBody;
}

/** The body of an answer. Read it once: whole, as a stream, or throw it away; else its connection stays taken. */
export interface HttpBody extends AsyncIterable<Uint8Array> {
  /** The whole body as UTF-8. Throws HttpFailure `too_large` beyond `maxBytes`. */
  text(maxBytes: number): Promise<string>;
  /** The whole body. Throws HttpFailure `too_large` beyond `maxBytes`. */
  bytes(maxBytes: number): Promise<Uint8Array>;
  /** The first bytes of it, at most so many, or what came until it broke off; the rest is not read. */
  start(maxBytes: number): Promise<Uint8Array>;
  /** Lets go of the connection without reading on. */
  discard(): void;
}

/** The way out: undici, the sandbox and a replay all fit. Redirects are never followed, bodies never inflated. */
export type Http = (request: HttpRequest, signal: Cancellation) => Promise<HttpResponse>;

export type HttpFailureKind =
  | "blocked"
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "protocol"
  | "too_large"
  | "aborted";

/** No answer, or one that broke off. */
export class HttpFailure extends Error {
  readonly kind: HttpFailureKind;
  /** True when the request may have reached the other side: a POST is then not blindly sent again. */
  readonly maybeReceived: boolean;

  constructor(kind: HttpFailureKind, message: string, maybeReceived: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "HttpFailure";
    this.kind = kind;
    this.maybeReceived = maybeReceived;
  }
}
