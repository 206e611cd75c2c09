import type { Ports } from "../context.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { Connector } from "../manifest/connector.ts";
import type { Connection } from "../model/connection.ts";
import { dueNow } from "../model/poller.ts";
import { openCredentials, revealCredentials, sealCredentials } from "./credentials.ts";
import { missingPollers } from "./poller-rows.ts";
import { markSandbox } from "./sandbox-mark.ts";
import { stateOf } from "./state.ts";
import { tokensStillGood } from "./tokens/held-token.ts";

type EnsurePorts = Pick<Ports, "store" | "vault" | "clock" | "newId" | "connectors" | "log">;

/** A connection that the start of the process wants to be there. */
export interface WantedConnection {
  /** Handle. */
  connector: string;
  name: string;
  credentials: Record<string, string>;
  params: Record<string, string>;
  /** Id of the key that owns it when it is made. */
  owner: string;
  /** True for the built-in sandbox; its name must be `sandbox`. */
  sandbox?: boolean;
}

/** Makes a connection, or brings it up to date, with its pollers; it is not probed. */
export async function ensureConnection(ports: EnsurePorts, wanted: WantedConnection): Promise<Connection> {
  const connector = ports.connectors.find((c) => c.handle === wanted.connector);
  if (!connector) throw new TidewireError("not_found", `There is no connector "${wanted.connector}" here.`);
  const existing = await ports.store.connections.byName(wanted.connector, wanted.name);
  const connection = existing
    ? await bringUpToDate(ports, connector, existing, wanted)
    : await make(ports, connector, wanted);
  if (wanted.sandbox) await markSandbox(ports, connection);
  return connection;
}

/**
 * Gives every connection the pollers that its manifest has gained since. Rows whose poller is gone from the manifest are left
 * alone: they keep their state and are not run.
 */
export async function ensurePollers(ports: EnsurePorts): Promise<void> {
  const [connections, pollers] = await Promise.all([ports.store.connections.all(), ports.store.pollers.all()]);
  for (const connection of connections) {
    const connector = ports.connectors.find((c) => c.handle === connection.connector);
    if (!connector) continue;
    const own = pollers.filter((poller) => poller.connectionId === connection.id);
    await addPollers(ports, connector, connection, own);
  }
}

/** Adds the pollers that a connection lacks beside those it has. */
async function addPollers(
  ports: EnsurePorts,
  connector: Connector,
  connection: Connection,
  existing: Parameters<typeof missingPollers>[2],
): Promise<void> {
  for (const poller of missingPollers(connector, connection, existing, ports.clock.now(), ports.newId)) {
    ports.log.info({ connection: connection.name, resource: poller.resource, poller: poller.name }, "poller added");
    await ports.store.pollers.create(poller);
  }
}

/** A credential that was mended should not wait for a back-off to end, and one that was added brings its pollers. */
export async function pollAtOnce(ports: EnsurePorts, connector: Connector, connection: Connection): Promise<void> {
  const own = (await ports.store.pollers.all()).filter((poller) => poller.connectionId === connection.id);
  const now = ports.clock.now();
  for (const poller of own) await ports.store.pollers.update(poller.id, dueNow(now));
  await addPollers(ports, connector, connection, own);
}

async function make(ports: EnsurePorts, connector: Connector, wanted: WantedConnection): Promise<Connection> {
  const now = ports.clock.now();
  const id = ports.newId("con");
  const connection: Connection = {
    id,
    connector: wanted.connector,
    name: wanted.name,
    params: wanted.params,
    ...sealCredentials(ports.vault, id, wanted.credentials),
    sealedTokens: {},
    state: stateOf(connector, {}),
    account: null,
    owner: wanted.owner,
    createdAt: now,
    updatedAt: now,
  };
  await ports.store.connections.create(connection, missingPollers(connector, connection, [], now, ports.newId));
  return connection;
}

async function bringUpToDate(
  ports: EnsurePorts,
  connector: Connector,
  existing: Connection,
  wanted: WantedConnection,
): Promise<Connection> {
  const known = revealCredentials(openCredentials(ports.vault, existing));
  // What a user added (a webhook secret) stays. Settings are replaced whole: these credentials go to no host that a user chose.
  const credentials = { ...known, ...wanted.credentials };
  if (sameEntries(known, credentials) && sameEntries(existing.params, wanted.params)) return existing;
  const after: Connection = {
    ...existing,
    ...sealCredentials(ports.vault, existing.id, credentials),
    params: wanted.params,
    updatedAt: ports.clock.now(),
  };
  after.sealedTokens = tokensStillGood(ports.vault, connector, after);
  after.state = stateOf(connector, after.sealedTokens);
  const { id: _, ...patch } = after;
  await ports.store.connections.update(existing.id, patch);
  await pollAtOnce(ports, connector, after);
  return after;
}

function sameEntries(a: Record<string, string>, b: Record<string, string>): boolean {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => a[name] === b[name]);
}
