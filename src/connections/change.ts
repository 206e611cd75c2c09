import { isDeepStrictEqual } from "node:util";
import type { Context, Ports } from "../context.ts";
import { invalidInput, notFound, TidewireError } from "../kernel/errors.ts";
import { oneAtATime } from "../kernel/one-at-a-time.ts";
import type { Connector } from "../manifest/connector.ts";
import { suggestion } from "../manifest/nearest.ts";
import { connectorNamed } from "../manifest/triggers.ts";
import type { Connection } from "../model/connection.ts";
import { openCredentials, revealCredentials, sealCredentials } from "./credentials.ts";
import { pollAtOnce } from "./ensure.ts";
import { missingPollers } from "./poller-rows.ts";
import { probeAccount } from "./probe.ts";
import { openAccount } from "./resolve.ts";
import { BASE_URL, credentialMistakes, movesHost, paramMistakes } from "./settings.ts";
import { stateOf } from "./state.ts";
import { tokensStillGood } from "./tokens/held-token.ts";

/** What a caller gives to make a connection. */
export interface ConnectionDraft {
  connector: string;
  name: string;
  credentials: Record<string, string>;
  params: Record<string, string>;
  probe: boolean;
}

/** What a caller changes of one; null takes a credential or a setting away. */
export interface ConnectionChange {
  name?: string;
  credentials?: Record<string, string | null>;
  params?: Record<string, string | null>;
  probe: boolean;
}

/** Makes a connection with its pollers, due at once. Throws `invalid_input`, `invalid_upstream`, `credential_rejected`, `conflict`. */
export async function createConnection({ ports, actor, signal }: Context, draft: ConnectionDraft): Promise<Connection> {
  const connector = findConnector(ports.connectors, draft.connector);
  check(ports, connector, draft.credentials, draft.params);
  await mustBeFree(ports, connector.handle, draft.name);
  const now = ports.clock.now();
  const id = ports.newId("con");
  const connection: Connection = {
    id,
    connector: connector.handle,
    name: draft.name,
    params: draft.params,
    ...sealCredentials(ports.vault, id, draft.credentials),
    sealedTokens: {},
    state: stateOf(connector, {}),
    account: null,
    owner: actor.keyId,
    createdAt: now,
    updatedAt: now,
  };
  if (draft.probe && connection.state === "active")
    connection.account = await probe(ports, connector, connection, signal);
  const pollers = missingPollers(connector, connection, [], ports.clock.now(), ports.newId);
  await ports.store.connections.create(connection, pollers);
  return connection;
}

/**
 * Changes a connection; new credentials and another host are probed. Other members of `credentials` and `params` stay as they
 * are. Whoever moves the host gives all credentials again: who may change settings must not thereby learn secrets. When its
 * account was changed by another caller meanwhile, all is judged again. Throws `not_found` when it was deleted meanwhile.
 */
export async function changeConnection(
  context: Context,
  before: Connection,
  change: ConnectionChange,
): Promise<Connection> {
  const { ports, signal } = context;
  const connector = findConnector(ports.connectors, before.connector);
  const credentials = merge(revealCredentials(openCredentials(ports.vault, before)), change.credentials);
  const params = merge(before.params, change.params);
  check(ports, connector, credentials, params, before.params);
  if (movesHost(connector, before.params, params)) mustGiveAllAgain(before, change.credentials ?? {});
  if (change.name !== undefined && change.name !== before.name) await mustBeFree(ports, before.connector, change.name);
  const patch: ConnectionPatch = {
    ...(change.name === undefined ? {} : { name: change.name }),
    ...(change.params ? { params } : {}),
    ...(change.credentials ? sealCredentials(ports.vault, before.id, credentials) : {}),
    updatedAt: ports.clock.now(),
  };
  if (change.credentials || change.params) {
    const after = { ...before, ...patch };
    patch.state = stateOf(connector, tokensStillGood(ports.vault, connector, after));
    patch.account = change.probe && patch.state === "active" ? await probe(ports, connector, after, signal) : null;
  }
  const { connection, isStored } = await storeChange(ports, connector, before, patch);
  if (!isStored) return changeConnection(context, connection, change);
  if (change.credentials || change.params) await pollAtOnce(ports, connector, connection);
  return connection;
}

type ConnectionPatch = Partial<Omit<Connection, "id">>;

/**
 * Stores a change, with the tokens that the connection has by now, as far as they still fit: the probe may have renewed them.
 * Stores nothing when the account is not the one any more that the change was judged by. Throws `not_found`.
 */
function storeChange(
  { vault, store }: Ports,
  connector: Connector,
  before: Connection,
  change: ConnectionPatch,
): Promise<{ connection: Connection; isStored: boolean }> {
  return oneAtATime(store, before.id, null, async () => {
    const now = await store.connections.get(before.id);
    if (!now) throw notFound("connection", before.id);
    if (!isSameAccount(now, before)) return { connection: now, isStored: false };
    const patch = { ...change, sealedTokens: tokensStillGood(vault, connector, { ...now, ...change }) };
    await store.connections.update(now.id, patch);
    return { connection: { ...now, ...patch }, isStored: true };
  });
}

function isSameAccount(one: Connection, other: Connection): boolean {
  return one.sealedCredentials === other.sealedCredentials && isDeepStrictEqual(one.params, other.params);
}

/** The connector of that handle or alias. Throws `invalid_input` with a suggestion. */
function findConnector(connectors: readonly Connector[], handle: string): Connector {
  const found = connectorNamed(connectors, handle);
  if (found) return found;
  const handles = connectors.map((c) => c.handle);
  throw invalidInput([
    { at: "connector", message: `there is no connector "${handle}". ${suggestion(handle, handles)}` },
  ]);
}

/** An address that stays as it was is not judged again: the sandbox's, which nobody may give, is there already. */
function check(
  ports: Pick<Ports, "upstreamPolicy">,
  connector: Connector,
  credentials: Record<string, string>,
  params: Record<string, string>,
  before: Record<string, string> = {},
): void {
  const mistakes = [...credentialMistakes(connector, credentials), ...paramMistakes(connector, params)];
  if (mistakes.length > 0) throw invalidInput(mistakes);
  const baseUrl = params[BASE_URL];
  if (baseUrl !== undefined && baseUrl !== before[BASE_URL]) ports.upstreamPolicy.checkUrl(baseUrl);
}

async function mustBeFree({ store }: Pick<Ports, "store">, connector: string, name: string): Promise<void> {
  if (await store.connections.byName(connector, name)) {
    throw new TidewireError(
      "conflict",
      `"${connector}" already has a connection "${name}"; change it with PATCH, or choose another name.`,
    );
  }
}

function mustGiveAllAgain(before: Connection, given: Record<string, string | null>): void {
  const missing = before.credentialFields.filter((field) => given[field] === undefined);
  if (missing.length === 0) return;
  throw invalidInput(
    missing.map((field) => ({
      at: `credentials.${field}`,
      message: "must be given again, because the host that receives it changes",
      code: "credentials_required",
    })),
  );
}

async function probe(
  ports: Ports,
  connector: Connector,
  connection: Connection,
  signal: AbortSignal,
): Promise<string | null> {
  return probeAccount(ports, connector, await openAccount(ports, connection), signal);
}

function merge(before: Record<string, string>, change: Record<string, string | null> = {}): Record<string, string> {
  const entries = Object.entries({ ...before, ...change }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  return Object.fromEntries(entries);
}
