import { engineDeps } from "../connections/engine-deps.ts";
import { resolveAccount } from "../connections/resolve.ts";
import { authorize } from "../engine/authorize.ts";
import { tokenOf } from "../engine/credential.ts";
import { groundOf } from "../engine/ground.ts";
import { presetHeaders } from "../engine/headers.ts";
import { oncePer } from "../engine/once-per.ts";
import type { UpstreamRequest } from "../engine/request.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { Connector } from "../manifest/connector.ts";
import { type Actor, hasScope } from "../model/actor.ts";
import type { Account } from "../model/connection.ts";
import type { HttpRequest } from "../net/port.ts";
import { connectorOf } from "./find.ts";
import { authAt, operationAt, type PlacedOperation } from "./operation-at.ts";
import { type Proxied, type ProxyAnswer, passOn } from "./proxy-answer.ts";
import { towardsProvider } from "./proxy-headers.ts";
import { linkPlaces } from "./proxy-links.ts";
import { sendOnce } from "./proxy-send.ts";
import { proxyTarget } from "./proxy-target.ts";
import { type ActionPorts, scopeOf } from "./run.ts";
import { assertTellable, wantedEvents } from "./tell.ts";

/** A request as its caller sent it, to be sent on with the connection's credential in place of the caller's key. */
export interface ProxyRequest {
  /** Handle. */
  connector: string;
  method: string;
  /** Path and query behind the connector's name, as they came: `/v1/messages?beta=true`. */
  target: string;
  /** By lower-case name. */
  headers: Record<string, string>;
  /** Null when there is none. It is read once: nothing is sent twice. */
  body: NonNullable<HttpRequest["body"]> | null;
  /** Name or id; see `resolveAccount` for what is taken without one. */
  connection: string | undefined;
  /** The proxy's own address for this connector, as the caller knows it: what links to the provider become. */
  address: () => string;
  signal: AbortSignal;
}

/** The query parameters that are ours. */
const OURS: readonly string[] = ["connection"];
/** They would show the caller what was sent, or ask for another kind of connection. */
const REFUSED: ReadonlySet<string> = new Set(["TRACE", "TRACK", "CONNECT"]);
/** Those that are standard; others are passed on too. */
const PASSED_ON: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * The provider's API as it is (CONTRACT: The proxy): status, headers and body come back as the provider sent them, streams
 * unbuffered; nothing is retried. The operation with the same method and path decides the credential and the scope; a path
 * that none names needs `admin`. An operation's event, when a subscription wants it, is stored before its answer ends.
 * Throws what `runOperation` throws before anything is sent; when there is no answer, `upstream_unreachable`,
 * `upstream_timeout` or `invalid_upstream`, and `upstream_invalid` for one whose links cannot be made ours.
 */
export async function proxy(ports: ActionPorts, actor: Actor, request: ProxyRequest): Promise<ProxyAnswer> {
  if (REFUSED.has(request.method)) {
    throw new TidewireError("method_not_allowed", `${request.method} is not passed on to providers.`, {
      allow: PASSED_ON,
    });
  }
  const connector = connectorOf(ports.connectors, request.connector);
  const account = await resolveAccount(ports, connector, request.connection, actor);
  const proxied = await prepare(ports, actor, request, connector, account);
  return passOn(ports, await sendOnce(ports, proxied, request.body));
}

/** Names of headers and query parameters that a connector's credentials stand in: the caller's own of that name are not passed on. */
const credentialPlacesOf = oncePer<Connector, { headers: ReadonlySet<string>; query: ReadonlySet<string> }>();

async function prepare(
  ports: ActionPorts,
  actor: Actor,
  request: ProxyRequest,
  connector: Connector,
  account: Account,
): Promise<Proxied> {
  const { method, signal } = request;
  const ground = groundOf({ connector, account });
  const places = credentialPlacesOf(connector, () => credentialPlaces(connector));
  const { url, path } = proxyTarget(ground, request.target, places.query);
  const found = operationAt(connector, method, path);
  mustBeAllowed(actor, found, `${method} ${path}`);
  const auth = found?.operation.auth ?? authAt(connector, path);
  const operation = {
    id: found?.operation.id ?? `${method} ${path}`,
    auth,
    timeoutMs: (found?.operation ?? connector).timeoutMs,
  };
  const events = found === null ? [] : await wantedEvents(ports, { connector, account, ...found });
  assertTellable(ports, events);
  const links = found === null ? [] : linkPlaces(found.resource, found.operation);
  const headers = towardsProvider(request.headers, presetHeaders({ connector, account }, found), places.headers);
  // What is read here must come as it is; what is only passed on may come as the caller likes it.
  if (events.length > 0 || links.length > 0) headers["accept-encoding"] = "identity";
  const bare: UpstreamRequest = { method, url, ownPath: url.pathname, baseOrigin: ground.origin, headers, body: null };
  const call = { connector, account, operation, signal };
  const { address, connection } = request;
  const token = await tokenOf(engineDeps(ports), call);
  const way = { address, connection, base: ground.path };
  return { call, found, events, links, ...way, token, request: authorize(bare, call, token) };
}

function credentialPlaces({ auths }: Connector): { headers: ReadonlySet<string>; query: ReadonlySet<string> } {
  const all = Object.values(auths);
  const named = (place: string) => all.filter((auth) => auth.in === place).map((auth) => auth.parameter);
  return { headers: new Set(named("header")), query: new Set([...OURS, ...named("query")]) };
}

function mustBeAllowed(actor: Actor, found: PlacedOperation | null, asked: string): void {
  const offered = found?.operation.expose.includes("http") ? found.operation : null;
  const scope = offered === null ? "admin" : scopeOf(offered);
  if (hasScope(actor, scope)) return;
  const what = offered === null ? `"${asked}", which no operation that is offered names,` : `"${offered.id}"`;
  throw new TidewireError("forbidden", `${what} needs a key with the scope "${scope}".`);
}
