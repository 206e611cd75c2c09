import { z } from "zod";
import { type Command, command, PAGE_INPUT } from "../command.ts";
import type { Context } from "../context.ts";
import { isoTime } from "../kernel/clock.ts";
import { invalidInput, notFound, TidewireError } from "../kernel/errors.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import { oneAtATime } from "../kernel/one-at-a-time.ts";
import { clampLimit } from "../kernel/page.ts";
import { type ApiKey, hasScope, SCOPES, type Scope } from "../model/actor.ts";
import { hashKey, ROOT_KEY_ID } from "./authenticate.ts";
import { newApiKey } from "./new-key.ts";

const KEY_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string" },
    name: { type: "string" },
    scopes: { type: "array", items: { type: "string", enum: [...SCOPES] } },
    connections: { type: ["array", "null"], items: { type: "string" } },
    created_at: { type: "string", format: "date-time" },
    revoked_at: { type: ["string", "null"], format: "date-time" },
    key: { type: "string", description: "The key itself, in the answer that makes it only." },
  },
};

const scopes = z.array(z.enum(SCOPES)).min(1, "name at least one scope").max(SCOPES.length);
const connections = z
  .array(z.string())
  .min(1)
  .max(1_000)
  .nullable()
  .describe("Names or ids of the connections it is bound to; null = all.");

const whoami = command({
  name: "whoami",
  summary: "Whose key this is, and what it may do.",
  scope: null,
  http: { method: "GET", path: "/v1/whoami" },
  input: z.strictObject({}),
  output: {
    type: "object",
    properties: {
      id: { type: "string" },
      name: { type: "string" },
      scopes: { type: "array", items: { type: "string" } },
      connections: {
        type: "array",
        description: "Those that it may use.",
        items: {
          type: "object",
          properties: { id: { type: "string" }, connector: { type: "string" }, name: { type: "string" } },
        },
      },
    },
  },
  async run({ ports, actor }) {
    const all = await ports.store.connections.all();
    const visible = all.filter((c) => actor.connections === null || actor.connections.includes(c.id));
    return {
      kind: "value",
      value: {
        id: actor.keyId,
        name: actor.name,
        scopes: [...actor.scopes],
        connections: visible.map((c) => ({ id: c.id, connector: c.connector, name: c.name })),
      },
    };
  },
});

const create = command({
  name: "keys.create",
  summary: "Make an API key; the key is shown this once.",
  scope: "admin",
  http: { method: "POST", path: "/v1/keys", status: 201 },
  input: z.strictObject({ name: z.string().min(1).max(100), scopes, connections: connections.optional() }),
  output: KEY_SCHEMA,
  async run(context, input) {
    mustBeUnbound(context);
    const secret = newApiKey();
    const key: ApiKey = {
      keyId: context.ports.newId("key"),
      name: input.name,
      scopes: input.scopes,
      connections: await connectionIds(context, input.connections ?? null),
      hash: hashKey(secret),
      createdAt: context.ports.clock.now(),
      revokedAt: null,
    };
    await context.ports.store.keys.create(key);
    return { kind: "value", value: { ...view(key), key: secret }, headers: { location: `/v1/keys/${key.keyId}` } };
  },
});

const list = command({
  name: "keys.list",
  summary: "List API keys, revoked ones too.",
  scope: "admin",
  http: { method: "GET", path: "/v1/keys" },
  input: z.strictObject({ ...PAGE_INPUT }),
  output: KEY_SCHEMA,
  async run(context, { limit, cursor }) {
    const { keys } = mustBeUnbound(context).store;
    const page = await keys.list({ limit: clampLimit(limit), cursor });
    return { kind: "list", value: page.items.map(view), nextCursor: page.nextCursor };
  },
});

const get = command({
  name: "keys.get",
  summary: "Read an API key's name and rights.",
  scope: "admin",
  http: { method: "GET", path: "/v1/keys/:id" },
  input: z.strictObject({ id: z.string() }),
  output: KEY_SCHEMA,
  run: async (context, { id }) => ({
    kind: "value",
    value: view(await mustGet(mustBeUnbound(context).store.keys, id)),
  }),
});

const update = command({
  name: "keys.update",
  summary: "Rename an API key or change its rights; a key that is narrowed takes its subscriptions along.",
  scope: "admin",
  http: { method: "PATCH", path: "/v1/keys/:id" },
  input: z.strictObject({
    id: z.string(),
    name: z.string().min(1).max(100).optional(),
    scopes: scopes.optional(),
    connections: connections.optional(),
  }),
  output: KEY_SCHEMA,
  async run(context, { id, ...change }) {
    const { store, clock } = mustBeUnbound(context);
    // Of two changes at once none is lost: a new name must not bring back rights that were taken.
    const changed = await oneAtATime(store, id, null, async () => {
      const before = await mustGet(store.keys, id);
      const rights = {
        name: change.name ?? before.name,
        scopes: change.scopes ?? before.scopes,
        connections:
          change.connections === undefined ? before.connections : await connectionIds(context, change.connections),
      };
      // Nothing else is written: a key that was revoked meanwhile stays so.
      await store.keys.update(id, rights, isNarrower(before, { ...before, ...rights }), clock.now());
      return mustGet(store.keys, id);
    });
    return { kind: "value", value: view(changed) };
  },
});

const remove = command({
  name: "keys.delete",
  summary: "Revoke an API key at once, with the subscriptions it made.",
  scope: "admin",
  http: { method: "DELETE", path: "/v1/keys/:id" },
  input: z.strictObject({ id: z.string() }),
  async run(context, { id }) {
    const { store, clock } = mustBeUnbound(context);
    if (id === ROOT_KEY_ID) {
      throw invalidInput([
        { at: "id", message: "the root key is a setting; change TIDEWIRE_ROOT_KEY and start again" },
      ]);
    }
    if (id === context.actor.keyId) {
      throw invalidInput([{ at: "id", message: "a key cannot revoke itself; use another one" }]);
    }
    const key = await store.keys.get(id);
    const now = clock.now();
    if (key && key.revokedAt === null) await store.keys.update(id, { revokedAt: now }, true, now);
    return { kind: "value", value: { id, deleted: true } };
  },
});

/** Keys reach over all connections: whoever is bound to some could give itself the others by them. */
function mustBeUnbound({ ports, actor }: Context): Context["ports"] {
  if (actor.connections === null) return ports;
  throw new TidewireError("forbidden", "A key that is bound to connections cannot see, make or change keys.");
}

async function mustGet(keys: Context["ports"]["store"]["keys"], id: string): Promise<ApiKey> {
  const key = await keys.get(id);
  if (!key) throw notFound("key", id);
  return key;
}

/** True when the key may no longer have made the subscriptions that it made. */
function isNarrower(before: ApiKey, after: ApiKey): boolean {
  const needed: Scope = "subscriptions";
  const lostScope = hasScope(before, needed) && !hasScope(after, needed);
  const { connections: bound } = after;
  const lostConnection = bound !== null && (before.connections?.some((id) => !bound.includes(id)) ?? true);
  return lostScope || lostConnection;
}

async function connectionIds(context: Context, named: string[] | null): Promise<string[] | null> {
  if (named === null) return null;
  const all = await context.ports.store.connections.all();
  return named.map((name) => {
    const found = all.find((c) => c.id === name || c.name === name);
    if (!found) throw invalidInput([{ at: "connections", message: `there is no connection "${name}"` }]);
    return found.id;
  });
}

function view(key: ApiKey): JsonObject {
  return {
    id: key.keyId,
    name: key.name,
    scopes: [...key.scopes],
    connections: key.connections === null ? null : [...key.connections],
    created_at: isoTime(key.createdAt),
    revoked_at: key.revokedAt === null ? null : isoTime(key.revokedAt),
  };
}

export const commands: Command[] = [whoami, create, list, get, update, remove];
