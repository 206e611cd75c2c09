import type { Ports } from "../context.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import type { Connector } from "../manifest/connector.ts";
import { type Actor, mayUseConnection } from "../model/actor.ts";
import type { Account, Connection } from "../model/connection.ts";
import { openCredentials } from "./credentials.ts";
import { isSandbox } from "./sandbox-mark.ts";

type ResolvePorts = Pick<Ports, "store" | "vault">;

/** The connection that is used when several exist and none is named. */
const DEFAULT_NAME = "default";
/** Names that an error lists, at most. */
const LISTED = 50;

/**
 * The account that a call uses: the connection of that name or id, else the connector's only one, else `default`. A key that is
 * bound to connections sees only those. Throws `not_found` and, when none is named and several would do, `connection_required`.
 */
export async function resolveAccount(
  ports: ResolvePorts,
  connector: Pick<Connector, "handle">,
  ref: string | undefined,
  actor: Actor,
): Promise<Account> {
  // As it is nearly always.
  const named = await ports.store.connections.byName(connector.handle, ref ?? DEFAULT_NAME);
  if (named && mayUseConnection(actor, named.id)) return openAccount(ports, named);
  const meant = await meantConnections(ports, connector, ref, actor);
  const [only, another] = meant;
  if (!only || another) throw new TidewireError("connection_required", whichOnes(connector.handle, meant));
  return await openAccount(ports, only);
}

/**
 * The connections that a caller may mean: the one of that name or id, else `default`, else the first of all that it may use.
 * Throws `not_found` for one that it names and may not use.
 */
export async function meantConnections(
  { store }: Pick<ResolvePorts, "store">,
  { handle }: Pick<Connector, "handle">,
  ref: string | undefined,
  actor: Actor,
): Promise<Connection[]> {
  if (ref !== undefined) {
    const connection = await connectionNamed(store, handle, ref);
    if (!connection || !mayUseConnection(actor, connection.id)) throw notFound("connection", ref);
    return [connection];
  }
  const fallback = await store.connections.byName(handle, DEFAULT_NAME);
  return fallback && mayUseConnection(actor, fallback.id) ? [fallback] : usableConnections(store, handle, actor);
}

/** A connection opened for use. Throws `vault_key_wrong`. */
export function openAccount(ports: ResolvePorts, connection: Connection): Account | Promise<Account> {
  const { id, connector, name, params } = connection;
  const credentials = openCredentials(ports.vault, connection);
  const account = { connectionId: id, connector, name, params, credentials, sandbox: false };
  const marked = isSandbox(ports, connection);
  return marked === false ? account : marked.then((sandbox) => ({ ...account, sandbox }));
}

/** A connector's connection of that name or id; null when there is none. */
export async function connectionNamed(
  store: Ports["store"],
  connector: string,
  ref: string,
): Promise<Connection | null> {
  const byName = await store.connections.byName(connector, ref);
  if (byName) return byName;
  const byId = await store.connections.get(ref);
  return byId?.connector === connector ? byId : null;
}

async function usableConnections(
  { connections }: Ports["store"],
  connector: string,
  { connections: ids }: Actor,
): Promise<Connection[]> {
  return (await connections.list({ connector, ids, limit: LISTED })).items;
}

function whichOnes(connector: string, usable: readonly Connection[]): string {
  if (usable.length === 0) {
    return `"${connector}" has no connection that this key may use; make one with POST /v1/connections.`;
  }
  const names = usable.map((c) => `"${c.name}"`).join(", ");
  return `"${connector}" has several connections and none is called "${DEFAULT_NAME}"; name one with ?connection=: ${names}.`;
}
