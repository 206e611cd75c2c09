import type { Ports } from "../../context.ts";
import { messageOf, notFound, TidewireError } from "../../kernel/errors.ts";
import { oneAtATime } from "../../kernel/one-at-a-time.ts";
import type { Auth, AuthorizationCodeGrant } from "../../manifest/auth.ts";
import type { Connector } from "../../manifest/connector.ts";
import { connectorNamed, findOperation } from "../../manifest/triggers.ts";
import { hasScope, mayUseConnection } from "../../model/actor.ts";
import type { Connection } from "../../model/connection.ts";
import type { EnginePorts } from "../engine-deps.ts";
import { pollAtOnce } from "../ensure.ts";
import { probeAccount } from "../probe.ts";
import { openAccount } from "../resolve.ts";
import { codeToken } from "../tokens/authorization-code.ts";
import { printOf } from "../tokens/held-token.ts";
import { keepToken } from "../tokens/keep.ts";
import { type Ticket, takeTicket } from "./ticket.ts";

type FinishPorts = EnginePorts & Pick<Ports, "connectors" | "bootId">;

/** What the provider sends a person back with (RFC 6749, 4.1.2). */
export interface WayBack {
  state?: string | undefined;
  code?: string | undefined;
  error?: string | undefined;
  error_description?: string | undefined;
}

/**
 * Ends the authorization of a connection: the code becomes its tokens, and it is polled at once. The `state` is the proof of
 * who began it; it works once. Throws `invalid_input` for one that does not, `forbidden` when the key that began it has lost
 * its right, `credential_rejected` with what the provider said against it, and what a token request throws.
 */
export async function finishAuthorization(
  ports: FinishPorts,
  back: WayBack,
  signal: AbortSignal,
): Promise<{ connector: Connector; connection: Connection }> {
  const ticket = await takeTicket(ports, back.state ?? "");
  if (!ticket)
    throw new TidewireError("invalid_input", "This link is not ours, is too old, or was used already. Begin again.");
  await mustStillBeAllowed(ports, ticket);
  const { connector, auth, grant } = await subjectOf(ports, ticket);
  if (back.error !== undefined || back.code === undefined) throw refusal(back);
  const { code } = back;
  const connection = await oneAtATime(ports.store, ticket.connection, `code ${code}`, () =>
    exchange(ports, ticket, code, connector, auth, grant),
  );
  const known = await nameAccount(ports, connector, auth, connection, signal);
  await pollAtOnce(ports, connector, known);
  ports.log.info({ connection: known.name, credential: auth.name }, "connection authorized");
  return { connector, connection: known };
}

/** The key that began it counts now as it did then. The root key is not in the store, and cannot be revoked. */
async function mustStillBeAllowed({ store }: FinishPorts, { keyId, connection }: Ticket): Promise<void> {
  const key = await store.keys.get(keyId);
  if (key === null) return;
  if (key.revokedAt === null && hasScope(key, "connections") && mayUseConnection(key, connection)) return;
  throw new TidewireError("forbidden", "The key that began this may not change the connection any more.");
}

async function subjectOf(
  { connectors, store }: FinishPorts,
  ticket: Ticket,
): Promise<{ connector: Connector; auth: Auth; grant: AuthorizationCodeGrant }> {
  const connection = await store.connections.get(ticket.connection);
  const connector = connection && connectorNamed(connectors, connection.connector);
  const auth = connector?.auths[ticket.auth];
  if (!connector || auth?.grant?.type !== "authorization_code") throw notFound("connection", ticket.connection);
  return { connector, auth, grant: auth.grant };
}

function refusal({ error = "no code", error_description }: WayBack): TidewireError {
  const said = [error, error_description].filter(Boolean).join(": ").slice(0, 500);
  return new TidewireError("credential_rejected", `The provider answered ${said}.`);
}

async function exchange(
  ports: FinishPorts,
  { connection: id, verifier, redirectUri }: Ticket,
  code: string,
  connector: Connector,
  auth: Auth,
  grant: AuthorizationCodeGrant,
): Promise<Connection> {
  const before = await ports.store.connections.get(id);
  if (!before) throw notFound("connection", id);
  const account = await openAccount(ports, before);
  const gained = await codeToken(ports, { connector, account }, auth, grant, { code, verifier, redirectUri });
  const connection = await ports.store.connections.get(id);
  if (!connection) throw notFound("connection", id);
  await keepToken(ports, connector, connection, auth, { gained, print: printOf(connector, auth, account) });
  return (await ports.store.connections.get(id)) ?? connection;
}

/** Whose account it is, as the probe tells; one that fails takes nothing back of what the person agreed to. */
async function nameAccount(
  ports: FinishPorts,
  connector: Connector,
  auth: Auth,
  connection: Connection,
  signal: AbortSignal,
): Promise<Connection> {
  const { probe } = connector;
  if (!probe || findOperation(connector, probe.operation)?.operation.auth !== auth.name) return connection;
  try {
    const account = await probeAccount(ports, connector, await openAccount(ports, connection), signal);
    await ports.store.connections.update(connection.id, { account, updatedAt: ports.clock.now() });
  } catch (error) {
    ports.log.warn({ connection: connection.name, error: messageOf(error) }, "the probe failed after an authorization");
  }
  return (await ports.store.connections.get(connection.id)) ?? connection;
}
