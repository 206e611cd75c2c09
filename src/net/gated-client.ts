import type { Socket } from "node:net";
import type { buildConnector, Dispatcher, Client as UndiciClient } from "undici";
import { isObject } from "../kernel/json.ts";
import { codeOf } from "./failure.ts";
import { Client, kParser } from "./undici.ts";

/** Holds the other side back while what it sent is not read. */
export interface Flow {
  /** No more is taken from the connection for now. */
  hold(): void;
  /** Reading goes on, after the caller's own turn. */
  release(): void;
}

/** A request that wants the flow of the connection it goes over; it is told before it is written. */
export interface GatedRequest extends Dispatcher.DispatchOptions {
  onFlow(flow: Flow): void;
}

interface GatedOptions extends UndiciClient.Options {
  connect: buildConnector.connector;
}

/**
 * undici's client of one connection, held back at its socket and not by undici's own pause: when the other side ends or
 * resets a paused connection, undici 7.30 fails an assertion that nobody can catch and the process dies (nodejs/undici#5360,
 * mended in undici 8). A socket that is not read from tells of no end.
 */
export class GatedClient extends Client implements Flow {
  #socket: Socket | null = null;
  #held = false;

  constructor(origin: URL, { connect, ...options }: GatedOptions) {
    super(origin, {
      ...options,
      connect: (place, callback) =>
        connect(place, (...opened) => {
          if (opened[1] !== null) this.#gate(opened[1]);
          callback(...opened);
        }),
    });
  }

  override dispatch(request: GatedRequest, handler: Dispatcher.DispatchHandler): boolean {
    request.onFlow(this);
    return super.dispatch(request, handler);
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    // Never within undici's parser, which may be what called.
    queueMicrotask(() => this.#socket?.emit("readable"));
  }

  #gate(socket: Socket): void {
    const read = socket.read.bind(socket);
    socket.read = (size) => (this.#held ? null : read(size));
    const destroy = socket.destroy.bind(socket);
    socket.destroy = (error) => {
      if (codeOf(error) === "UND_ERR_HEADERS_OVERFLOW") countNoMoreHeaders(socket);
      return destroy(nameAbort(error));
    };
    socket.once("close", () => {
      this.#socket = null;
      this.#held = false;
    });
    this.#socket = socket;
  }
}

/**
 * undici 7.30 puts a request that was aborted back into its queue and opens another connection, on which it finds that there
 * is nothing to send: each deadline would cost a slow receiver a second connection. Under the code of a socket that broke, the
 * request is dropped with its connection.
 */
function nameAbort(error: Error | undefined): Error | undefined {
  if (codeOf(error) !== "UND_ERR_INFO" || error?.message !== "aborted") return error;
  return Object.assign(error, { code: "UND_ERR_SOCKET" });
}

/**
 * undici 7.30 makes another error of each header beyond the limit, to the end of the piece that came: one malicious answer kept
 * the process from all else for 90 ms. Once is enough.
 */
function countNoMoreHeaders(socket: Socket): void {
  const parser: unknown = Reflect.get(socket, kParser);
  if (isObject(parser)) parser.trackHeader = () => {};
}
