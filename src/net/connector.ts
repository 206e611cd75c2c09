import type { LookupAddress, LookupAllOptions } from "node:dns";
import { isIP, type LookupFunction, Socket } from "node:net";
import type { buildConnector as Connect } from "undici";
import { messageOf } from "../kernel/errors.ts";
import { codeOf } from "./failure.ts";
import type { TargetPolicy } from "./guard.ts";
import { HttpFailure } from "./port.ts";
import { buildConnector } from "./undici.ts";

/** Finds every address of a name; rejects when there is none. */
export type Lookup = (hostname: string, options: LookupAllOptions) => Promise<LookupAddress[]>;

export interface ConnectorOptions {
  policy: TargetPolicy;
  lookup: Lookup;
  /** For the look-up, the connection and TLS together, in ms. */
  connectTimeoutMs: number;
}

/**
 * Opens connections to vetted addresses only: an address in the URL is judged here, because Node calls no `lookup` for it;
 * a name is judged in the look-up that the connection itself makes; and the other end is judged once it is there. Failures
 * are HttpFailures (`blocked`, `dns`, `connect`, `tls`): nothing of a request was sent yet.
 */
export function createConnector({ policy, lookup, connectTimeoutMs }: ConnectorOptions): Connect.connector {
  const connect = buildConnector({
    lookup: guardLookup(policy, lookup),
    timeout: connectTimeoutMs,
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot turn it off.
    rejectUnauthorized: true,
  });
  return (options, callback) => {
    const literal = isIP(options.hostname) === 0 ? null : policy.refusal(options.hostname, options.hostname);
    if (literal !== null) return callback(blocked(literal), null);
    let connected = false;
    const socket: unknown = connect(options, (error, opened) => {
      if (error !== null) return callback(connectFailure(error, options, connected), null);
      const reason = policy.refusal(opened.remoteAddress ?? "", options.hostname);
      if (reason === null) return callback(null, opened);
      opened.destroy();
      callback(blocked(reason), null);
    });
    // undici's types hide that it returns the socket, which alone tells a failed connection from a failed TLS handshake.
    if (socket instanceof Socket) socket.on("error", nameReset).once("connect", () => (connected = true));
  };
}

/**
 * The same look-up with one under way for a name, however many connections wait for it: the system's resolver has two threads,
 * and a hundred subscriptions at a name whose servers are silent would take both for minutes. An answer is not kept.
 */
export function sharedLookup(lookup: Lookup): Lookup {
  const underWay = new Map<string, Promise<LookupAddress[]>>();
  return (hostname, options) => {
    const known = underWay.get(hostname);
    if (known !== undefined) return known;
    const asked = lookup(hostname, options).finally(() => underWay.delete(hostname));
    underWay.set(hostname, asked);
    return asked;
  };
}

/** A look-up for Node's sockets that refuses the whole answer when any address in it may not be connected to. */
export function guardLookup(policy: TargetPolicy, lookup: Lookup): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (failure: HttpFailure) => callback(failure, []);
    const judge = (answers: LookupAddress[]) => {
      const [first] = answers;
      if (first === undefined) return fail(new HttpFailure("dns", `"${hostname}" has no address.`, false));
      const reasons = answers.map(({ address }) => policy.refusal(address, hostname));
      const reason = reasons.find((found) => found !== null);
      if (reason) return fail(blocked(reason));
      if (options.all) callback(null, answers);
      else callback(null, first.address, first.family);
    };
    lookup(hostname, { all: true }).then(judge, (error) => {
      const why = codeOf(error) || messageOf(error);
      fail(new HttpFailure("dns", `"${hostname}" could not be looked up: ${why}.`, false, error));
    });
  };
}

/**
 * undici 7.30 takes a reset within a body of no stated length for its end: a cut-off answer passes for a whole one, and when
 * that body is paused an assertion ends the process (`onHttpSocketError`). Under another code a reset stays a reset.
 */
export function nameReset(error: NodeJS.ErrnoException): void {
  if (error.code === "ECONNRESET") error.code = "ERR_RESET";
}

function blocked(reason: string): HttpFailure {
  return new HttpFailure("blocked", `The connection was refused by us: ${reason}.`, false);
}

/** Why no connection came about; `connected`: TCP was there, so it was TLS that failed. */
export function connectFailure(error: Error, { hostname, port, protocol }: Connect.Options, connected: boolean) {
  if (error instanceof HttpFailure) return error;
  const place = `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
  const [kind, words] = connected ? (["tls", "TLS with"] as const) : (["connect", "The connection to"] as const);
  return new HttpFailure(kind, `${words} ${place} failed: ${causeOf(error)}.`, false, error);
}

/** Node leaves the message empty when it tried several addresses: the errors within tell. */
function causeOf(error: Error): string {
  const inner = error instanceof AggregateError ? error.errors : [error];
  return inner.map(messageOf).join("; ");
}
