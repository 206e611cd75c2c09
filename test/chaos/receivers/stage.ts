import type { Socket } from "node:net";
import { expect, onTestFinished } from "vitest";
import { type AttemptOutcome, attempt } from "../../../src/delivery/attempt.ts";
import type { HttpClient, HttpOptions } from "../../../src/net/http.ts";
import type { Http } from "../../../src/net/port.ts";
import { answerWith, loopbackClient, never, type Peer, post, startPeer } from "../../net/peer.ts";
import { ManualClock } from "../../support/manual-clock.ts";

/** What a receiver does with each piece of a request that arrives. */
export type Behaviour = Parameters<typeof startPeer>[0];

/** How much of an answer may be kept, in bytes (DELIVERY: 16 KiB). */
export const KEPT = 16 * 1024;
/** The deadline of a try in these tests, in ms: turned by hand. */
export const DEADLINE_MS = 15_000;
/** More than systems hold for a connection on loopback: what a receiver got rid of beyond it, somebody read. */
const HELD_BY_SYSTEMS = 24 * 1024 * 1024;

/** A try under way. */
interface Trying {
  outcome: Promise<AttemptOutcome>;
  /** Resolves when the head of an answer was read. */
  headed: Promise<void>;
}

/** One process with one way out, a healthy receiver beside the malicious ones, and a clock turned by hand. */
export class Stage {
  readonly clock = new ManualClock();
  readonly #client: HttpClient;
  readonly #peers: Peer[] = [];
  readonly #socketsBefore = openSockets();

  private constructor(client: HttpClient) {
    this.#client = client;
  }

  static start(options: Omit<HttpOptions, "policy"> = {}, ...allowed: string[]): Stage {
    const stage = new Stage(loopbackClient(options, ...allowed));
    onTestFinished(() => stage.#close());
    return stage;
  }

  async receiver(...args: Parameters<typeof startPeer>): Promise<Peer> {
    const peer = await startPeer(...args);
    this.#peers.push(peer);
    return peer;
  }

  /** Begins one try as deliveries make it. */
  try(url: string, body = '{"type":"files.created"}', timeoutMs = DEADLINE_MS): Trying {
    const { promise: headed, resolve } = Promise.withResolvers<void>();
    const http: Http = async (request, signal) => {
      const response = await this.#client.http(request, signal);
      resolve();
      return response;
    };
    return { outcome: attempt({ http, clock: this.clock }, post(url, body), timeoutMs, never), headed };
  }

  /** A healthy receiver is reached while others misbehave. */
  async healthyIsServed(): Promise<void> {
    const healthy = await this.receiver((socket) => socket.end(answerWith("thanks", "connection: close\r\n")));
    const { outcome } = this.try(healthy.url);
    expect(await outcome).toMatchObject({ class: "ok", status: 200, responseBody: "thanks" });
  }

  /** Ends the connections that are kept for the next delivery. */
  async hangUp(): Promise<void> {
    await this.#client.close();
  }

  /** This side has closed every connection, whether or not the other side has noticed. */
  async haveLetGo(): Promise<void> {
    await until(() => openSockets() <= this.#socketsBefore + this.#stillOpen());
  }

  /** Nothing is left of what was tried: no socket on either side, no timer; and no receiver got rid of more than systems hold. */
  async nothingIsLeft(): Promise<void> {
    await this.haveLetGo();
    await until(() => this.#stillOpen() === 0);
    await this.clock.advance(1_000); // a receiver's own next drop finds that it is alone
    expect(this.clock.pending).toBe(0);
    for (const { sent } of this.#peers) expect(sent).toBeLessThan(HELD_BY_SYSTEMS);
  }

  #stillOpen(): number {
    return this.#peers.reduce((sum, { open }) => sum + open, 0);
  }

  async #close(): Promise<void> {
    await this.#client.close();
    await Promise.all(this.#peers.map((peer) => peer.close()));
  }
}

/** Lets the event loop turn until something is so; the test's own time limit ends it. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** Connections of this process, of either side. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap" || kind === "TLSWrap").length;
}

/** Sends a piece again and again, as fast as it is taken. */
export function flood(piece: string | Buffer, start = ""): Behaviour {
  return (socket) => {
    socket.write(start);
    const more = () => {
      let isTaken = true;
      while (isTaken && !socket.destroyed) isTaken = socket.write(piece);
    };
    socket.on("drain", more);
    more();
  };
}

/** Sends a piece each so many ms of the clock, for ever. */
export function drip(clock: ManualClock, everyMs: number, piece: string, start = ""): Behaviour {
  return (socket: Socket) => {
    socket.write(start);
    const more = () => {
      if (socket.destroyed) return;
      socket.write(piece);
      clock.after(everyMs, more);
    };
    clock.after(everyMs, more);
  };
}
