import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../../src/kernel/json.ts";

/** A request as it arrived. */
export interface Seen {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Answers one request; `seen.body` is whole. */
export type Answer = (response: ServerResponse, seen: Seen) => void | Promise<void>;

/** A real HTTP server on loopback that answers by script: the given answers in turn, the last one for ever. */
export class Upstream {
  readonly seen: Seen[] = [];
  /** Requests whose connection the client closed before the answer was over. */
  brokenOff = 0;
  readonly #server: Server;
  #answers: Answer[] = [];
  #waiting: { count: number; resolve: () => void }[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(...answers: Answer[]): Promise<Upstream> {
    const server = createServer();
    const upstream = new Upstream(server);
    upstream.script(...answers);
    server.on("request", (request, response) => void upstream.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return upstream;
  }

  /** Replaces the answers to come. */
  script(...answers: Answer[]): void {
    this.#answers = answers;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get last(): Seen {
    const last = this.seen.at(-1);
    if (!last) throw new Error("nothing has arrived");
    return last;
  }

  /** Resolves when `count` requests have arrived. */
  arrived(count: number): Promise<void> {
    if (this.seen.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  /** Resolves when no connection is open: all that its clients had sent is read then. */
  async allClosed(): Promise<void> {
    const open = () =>
      new Promise<number>((resolve, reject) =>
        this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      );
    while ((await open()) > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("close", () => {
      if (!response.writableFinished) this.brokenOff += 1;
    });
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return; // the client broke off while it was sending
    }
    const { method = "", url = "" } = request;
    const seen: Seen = { method, url, headers: request.headers as Record<string, string>, body: Buffer.concat(chunks) };
    this.seen.push(seen);
    for (const waiter of this.#waiting.filter(({ count }) => this.seen.length >= count)) waiter.resolve();
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    await (answer ?? status(500))(response, seen);
  }
}

/** A JSON answer. */
export function json(value: Json, code = 200, headers: Record<string, string> = {}): Answer {
  return text(JSON.stringify(value), code, { "content-type": "application/json", ...headers });
}

export function text(body: string, code = 200, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(code, headers).end(body);
}

/** An empty answer. */
export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (response) => void response.writeHead(code, headers).end();
}

/** Nothing, for ever. */
export const silence: Answer = () => {};

/** The connection breaks before any answer. */
export const hangUp: Answer = (response) => void response.socket?.destroy();
