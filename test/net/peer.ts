import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp, type HttpClient, type HttpOptions } from "../../src/net/http.ts";
import { HttpFailure, type HttpRequest } from "../../src/net/port.ts";

/** The other side on loopback, down to its bytes. */
export interface Peer {
  port: number;
  url: string;
  /** Connections made so far. */
  readonly connections: number;
  /** Connections that have not ended. */
  readonly open: number;
  /** Bytes given to the system to send, on all connections. */
  readonly sent: number;
  /** Resolves when the first bytes of a request have come. */
  requested: Promise<void>;
  /** Resolves when a connection has ended. */
  left: Promise<void>;
  close(): Promise<void>;
}

interface PeerOptions {
  host?: string;
  port?: number;
  /** Never reads. */
  paused?: boolean;
  /** Runs as soon as a connection is there. */
  onConnection?: (socket: Socket) => void;
}

/** Answers each piece of a request that arrives; over TLS when given the name of a certificate in the fixtures. */
export async function startPeer(
  answer: (socket: Socket, received: string) => void,
  certificate?: "valid" | "expired",
  { host = "127.0.0.1", port: wanted = 0, paused = false, onConnection }: PeerOptions = {},
): Promise<Peer> {
  const sockets = new Set<Socket>();
  const { promise: requested, resolve: onRequested } = Promise.withResolvers<void>();
  const { promise: left, resolve: onLeft } = Promise.withResolvers<void>();
  let connections = 0;
  let sent = 0;
  const take = (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      sent += socket.bytesWritten;
      onLeft();
    });
    onConnection?.(socket);
    if (paused) return;
    socket.on("data", (bytes) => {
      onRequested();
      answer(socket, bytes.toString("latin1"));
    });
  };
  const server = certificate
    ? createTlsServer({ key: fixture("key"), cert: fixture(certificate), noDelay: true }, take).on(
        "tlsClientError",
        () => {},
      )
    : createServer({ noDelay: true }, take);
  await new Promise<void>((resolve) => server.listen(wanted, host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${certificate ? "https" : "http"}://${host}:${port}/`,
    get connections() {
      return connections;
    },
    get open() {
      return sockets.size;
    },
    get sent() {
      return [...sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, sent);
    },
    requested,
    left,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function fixture(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), "utf8");
}

/** A whole answer with a stated length. */
export function answerWith(body: string, headers = "", status = "200 OK"): string {
  return `HTTP/1.1 ${status}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

/** A client that may call loopback addresses, and what else is allowed. */
export function loopbackClient(options: Omit<HttpOptions, "policy"> = {}, ...allowed: string[]): HttpClient {
  const policy = createTargetPolicy({ allowed: ["127.0.0.1", ...allowed], code: "invalid_target" });
  return createHttp({ policy, ...options });
}

export const never = new AbortController().signal;

export function get(url: string, headers: Record<string, string> = {}): HttpRequest {
  return { method: "GET", url, headers };
}

export function post(url: string, body: HttpRequest["body"] = "{}", headers: Record<string, string> = {}): HttpRequest {
  return { method: "POST", url, headers, body };
}

/** The HttpFailure that a promise rejects with; fails for anything else. */
export async function failureOf(promise: Promise<unknown>): Promise<HttpFailure> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome && outcome.error instanceof HttpFailure) return outcome.error;
  throw new Error("expected an HttpFailure", { cause: outcome });
}
