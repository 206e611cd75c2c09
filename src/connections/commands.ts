import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import type { Context } from "../context.ts";
import { isoTime } from "../kernel/clock.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { clampLimit } from "../kernel/page.ts";
import { connectorNamed } from "../manifest/triggers.ts";
import { mayUseConnection } from "../model/actor.ts";
import type { Connection } from "../model/connection.ts";
import type { Reply } from "../model/reply.ts";
import { beginAuthorization } from "./authorization/begin.ts";
import { changeConnection, createConnection } from "./change.ts";
import { inboundView } from "./inbound.ts";
import { probeAccount } from "./probe.ts";
import { openAccount } from "./resolve.ts";
import { isSandbox } from "./sandbox-mark.ts";
import { stateOf } from "./state.ts";
import { CONNECTION_SCHEMA, connectionView } from "./view.ts";

/** Names stand in URLs (`?connection=`, `/inbound/…`) and beside ids, with which they must not be mixed up. */
const name = z
  .string()
  .regex(
    /^(?!con_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "up to 64 of A–Z, a–z, 0–9, `.`, `_` and `-`, not beginning with `con_`",
  );
const text = z.string().min(1).max(10_000);
/** Kept as its text; what type it must be is the manifest's to say. */
const setting = z.union([text, z.number(), z.boolean()]).transform(String);
const probe = z
  .union([z.boolean(), z.enum(["true", "false"]).transform((given) => given === "true")])
  .default(true)
  .describe("false: do not ask the provider whether the credentials are good.");

const create = command({
  name: "connections.create",
  summary: "Connect an account; its credentials are probed, sealed and never shown again.",
  scope: "connections",
  http: { method: "POST", path: "/v1/connections", status: 201 },
  input: z.strictObject({
    connector: z.string(),
    name: name.default("default"),
    credentials: z.record(z.string(), text).default({}),
    params: z.record(z.string(), setting).default({}),
    probe,
  }),
  output: CONNECTION_SCHEMA,
  async run(context, draft) {
    if (context.actor.connections !== null) {
      throw new TidewireError("forbidden", "A key that is bound to connections cannot make others.");
    }
    const connection = await createConnection(context, draft);
    const reply = await answer(context, connection);
    return { ...reply, headers: { location: `/v1/connections/${connection.id}` } };
  },
});

const list = command({
  name: "connections.list",
  summary: "List the connections that this key may use.",
  scope: "connections",
  http: { method: "GET", path: "/v1/connections" },
  input: z.strictObject({
    connector: z.string().optional(),
    ...PAGE_INPUT,
  }),
  output: CONNECTION_SCHEMA,
  async run(context, { limit, ...filter }) {
    const { ports, actor } = context;
    const ids = actor.connections;
    const page = await ports.store.connections.list({ ...filter, ids, limit: clampLimit(limit) });
    const value = await Promise.all(page.items.map((connection) => view(context, connection)));
    return { kind: "list", value, nextCursor: page.nextCursor };
  },
});

const get = command({
  name: "connections.get",
  summary: "Read a connection.",
  scope: "connections",
  http: { method: "GET", path: "/v1/connections/:id" },
  input: z.strictObject({ id: z.string() }),
  output: CONNECTION_SCHEMA,
  run: async (context, { id }) => answer(context, await mustGet(context, id)),
});

const update = command({
  name: "connections.update",
  summary: "Change a connection; another host needs all credentials again.",
  scope: "connections",
  http: { method: "PATCH", path: "/v1/connections/:id" },
  input: z.strictObject({
    id: z.string(),
    name: name.optional(),
    credentials: z.record(z.string(), text.nullable()).optional().describe("Those to change; null removes one."),
    params: z.record(z.string(), setting.nullable()).optional().describe("Those to change; null removes one."),
    probe,
  }),
  output: CONNECTION_SCHEMA,
  async run(context, { id, ...change }) {
    return answer(context, await changeConnection(context, await mustGet(context, id), change));
  },
});

const remove = command({
  name: "connections.delete",
  summary: "Delete a connection with its pollers; its events stay.",
  scope: "connections",
  http: { method: "DELETE", path: "/v1/connections/:id" },
  input: z.strictObject({ id: z.string() }),
  async run({ ports, actor }, { id }) {
    if (mayUseConnection(actor, id)) await ports.store.connections.delete(id);
    return { kind: "value", value: { id, deleted: true } };
  },
});

const test = command({
  name: "connections.test",
  summary: "Ask the provider whether a connection's credentials are good.",
  scope: "connections",
  http: { method: "POST", path: "/v1/connections/:id/test" },
  input: z.strictObject({ id: z.string() }),
  output: {
    type: "object",
    properties: { ok: { const: true }, account: { type: ["string", "null"] }, sandbox: { type: "boolean" } },
  },
  async run(context, { id }) {
    const { ports, signal } = context;
    const connection = await mustGet(context, id);
    const connector = ports.connectors.find((c) => c.handle === connection.connector);
    if (!connector) throw notFound("connector", connection.connector);
    const account = await openAccount(ports, connection);
    const { connections } = ports.store;
    try {
      const found = await probeAccount(ports, connector, account, signal);
      const { sealedTokens } = (await connections.get(id)) ?? connection;
      const state = stateOf(connector, sealedTokens);
      await connections.update(id, { state, account: found, updatedAt: ports.clock.now() });
      return { kind: "value", value: { ok: true, account: found, sandbox: account.sandbox } };
    } catch (error) {
      if (error instanceof TidewireError && error.code === "credential_rejected") {
        await connections.update(id, { state: "needs_reauth", updatedAt: ports.clock.now() });
      }
      throw error;
    }
  },
});

const authorize = command({
  name: "connections.authorize",
  summary: "Give the address at which a person agrees to a connection (OAuth 2); it is good for ten minutes, once.",
  scope: "connections",
  http: { method: "GET", path: "/v1/connections/:id/authorize" },
  input: z.strictObject({
    id: z.string(),
    auth: z.string().optional().describe("Which credential, where a connection has several that need it."),
  }),
  output: {
    type: "object",
    properties: { url: { type: "string", format: "uri" }, expires_at: { type: "string", format: "date-time" } },
    required: ["url", "expires_at"],
  },
  async run(context, { id, auth }) {
    const connection = await mustGet(context, id);
    const connector = connectorNamed(context.ports.connectors, connection.connector);
    if (!connector) throw notFound("connector", connection.connector);
    const { url, until } = await beginAuthorization(context, connector, connection, auth);
    return { kind: "value", value: { url, expires_at: isoTime(until) } };
  },
});

async function mustGet({ ports, actor }: Context, id: string): Promise<Connection> {
  const connection = mayUseConnection(actor, id) ? await ports.store.connections.get(id) : null;
  if (!connection) throw notFound("connection", id);
  return connection;
}

async function answer(context: Context, connection: Connection): Promise<Reply & { kind: "value" }> {
  return { kind: "value", value: await view(context, connection) };
}

async function view({ ports, baseUrl }: Context, connection: Connection): Promise<JsonObject> {
  const inbound = inboundView({ ...ports, baseUrl }, connection);
  return connectionView(connection, { sandbox: await isSandbox(ports, connection), inbound });
}

export const commands: Command[] = [create, list, get, update, remove, test, authorize];
