import { isUtf8 } from "node:buffer";
import { assemble } from "../engine/assemble.ts";
import { isFailure, readBytes, readChunks, type Unread } from "../engine/read.ts";
import type { UpstreamRequest } from "../engine/request.ts";
import { sseReader } from "../engine/sse.ts";
import { TidewireError } from "../kernel/errors.ts";
import { type Json, parseJson } from "../kernel/json.ts";
import type { Secret } from "../kernel/secret.ts";
import type { AssembleRule } from "../manifest/assembly.ts";
import type { Connector, EventRule } from "../manifest/connector.ts";
import type { Selector } from "../manifest/select.ts";
import type { Account } from "../model/connection.ts";
import type { PlacedOperation } from "./operation-at.ts";
import { towardsCaller } from "./proxy-headers.ts";
import { changeLinkHeaders, changeLinks, linkToProxy, type ProxyAddress } from "./proxy-links.ts";
import type { ActionPorts } from "./run.ts";
import { tellAction } from "./tell.ts";

/** A proxied request with all that was found out about it. */
export interface Proxied {
  call: {
    connector: Connector;
    account: Account;
    /** Of the operation, or made up for a path that none names: then the id is method and path. */
    operation: { id: string; auth: string; timeoutMs: number };
    signal: AbortSignal;
  };
  found: PlacedOperation | null;
  /** The events that its answer makes and that somebody wants. */
  events: readonly EventRule[];
  /** Where in its answer links stand. */
  links: readonly Selector[];
  /** See `ProxyRequest`. */
  address: () => string;
  connection: string | undefined;
  /** Path of the connection's base URL. */
  base: string;
  /** What was got for a credential that is not sent itself, else null. */
  token: Secret | null;
  request: UpstreamRequest;
}

/** What goes back to the caller. */
export interface ProxyAnswer {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array | string | AsyncIterable<Uint8Array> | null;
  /** The operation's id, or null when none names the path. */
  operation: string | null;
  account: Account;
}

/** Its answer, the body still to be read. */
export type Answered = Unread & { proxied: Proxied };

/** An answer of a stated length up to this goes out in one piece, in bytes: a stream costs more than twice as much. */
const SMALL = 64 * 1024;
const NO_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** The provider's answer for the caller. Throws what kept its body from being read, as long as nothing of it was passed on. */
export async function passOn(ports: ActionPorts, answered: Answered): Promise<ProxyAnswer> {
  const { proxied, response } = answered;
  const { call, found } = proxied;
  const body = await bodyOf(ports, answered);
  const headers = towardsCaller(response.headers);
  changeLinkHeaders(headers, proxied.request.url, () => placeOf(proxied));
  if (typeof body === "string") headers["content-length"] = String(Buffer.byteLength(body));
  return { status: response.status, headers, body, operation: found?.operation.id ?? null, account: call.account };
}

function placeOf({ call, address, connection, base }: Proxied): ProxyAddress {
  return { connector: call.connector, address: address(), connection, base };
}

async function bodyOf(ports: ActionPorts, answered: Answered): Promise<ProxyAnswer["body"]> {
  const { proxied, response, request } = answered;
  const { status, headers } = response;
  const isGood = status >= 200 && status < 300;
  if (NO_BODY.has(status) || request.method === "HEAD") return (await readBytes(answered), null);
  const { events, links } = proxied;
  const type = headers["content-type"] ?? "";
  if (isGood && /^application\/([\w.+-]+\+)?json\b/i.test(type) && (events.length > 0 || links.length > 0)) {
    return readJson(ports, answered);
  }
  if (isGood && /^text\/event-stream\b/i.test(type) && events.length > 0) return tellStream(ports, answered);
  return Number(headers["content-length"]) <= SMALL ? asOnePiece(await readBytes(answered)) : readChunks(answered);
}

/** Text goes out in one write with its head, where bytes take a second: a string, if it comes to the very same bytes. */
function asOnePiece(bytes: Uint8Array): Uint8Array | string {
  return isUtf8(bytes) ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8") : bytes;
}

/** A whole JSON answer: its events are stored, and its links made ours. It stays the bytes that came when it has none. */
async function readJson(ports: ActionPorts, answered: Answered): Promise<Uint8Array | string> {
  const { found, links } = answered.proxied;
  const bytes = await readBytes(answered);
  mustBeReadable(answered);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
  const record = parseJson(text);
  if (record === undefined) return bytes;
  if (found !== null && !isFailure(found.operation, record, ports.clock.now())) {
    await tell(ports, answered.proxied, record);
  }
  const changed = changeLinks(text, record, links, (link) => linkToProxy(link, placeOf(answered.proxied)));
  return changed === text ? bytes : changed;
}

/** Links that cannot be seen would take the caller's key to the provider. */
function mustBeReadable({ response, call }: Answered): void {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding === "identity") return;
  throw new TidewireError(
    "upstream_invalid",
    `${call.operation.id}: the provider's answer is encoded (${encoding}), though it was asked for as it is.`,
  );
}

/** The stream as it comes. The piece that ends it well is held back until the event is stored. */
async function* tellStream(ports: ActionPorts, answered: Answered): AsyncGenerator<Uint8Array> {
  const { proxied, response } = answered;
  const rule = proxied.found?.operation.response.assemble ?? null;
  const isEncoded = (response.headers["content-encoding"] ?? "identity") !== "identity";
  if (rule === null || isEncoded) return yield* readChunks(answered);
  const readAlong = recordReader(rule, ports, proxied);
  for await (const chunk of readChunks(answered)) {
    const record = readAlong(chunk);
    if (record !== undefined) await tell(ports, proxied, record);
    yield chunk;
  }
}

/** Gives the record with the piece that completes it. What cannot be read makes no event; it passes all the same. */
function recordReader(rule: AssembleRule, { log }: ActionPorts, { call }: Proxied) {
  const assembly = assemble(rule);
  let read: ReturnType<typeof sseReader> | null = sseReader();
  return (chunk: Uint8Array): Json | undefined => {
    try {
      const records = (read?.(chunk) ?? []).map((event) => assembly.take(event));
      return records.find((record) => record !== undefined);
    } catch (err) {
      read = null;
      log.warn({ operation: call.operation.id, err }, "a stream cannot be read: it makes no event");
      return undefined;
    }
  };
}

async function tell(ports: ActionPorts, { call, found, events }: Proxied, record: Json): Promise<void> {
  if (found !== null && events.length > 0) await tellAction(ports, { ...call, ...found }, events, record);
}
