import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commands, operationCommands } from "../../src/actions/commands.ts";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { Reply } from "../../src/model/reply.ts";
import { listOf, replyOf, valueOf } from "../support/call-command.ts";
import { DEFAULT_CONNECTION, Rig } from "../triggers/rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

const LETTER = { to: "Ann", text: "hello" };
const run = (operation: string, input: object = {}, more: object = {}, actor = {}) =>
  replyOf(commands, "operations.run", rig.context(actor), { connector: "notes-api", operation, input, ...more });
const query = (operation: string, input: object = {}) =>
  replyOf(commands, "operations.query", rig.context(), { connector: "notes-api", operation, input, text: true });

describe("run", () => {
  test("by name or alias, with what the provider was told and what it said", async () => {
    expect(await run("letters.create", LETTER)).toMatchObject({
      kind: "value",
      value: { id: "l1", to: "Ann", text: "hello" },
      meta: { connection: "default", attempts: 1, upstream: { status: 200, headers: { "x-account": "org_7" } } },
    });
    await run("send_letter", LETTER);
    expect(rig.api.posted).toEqual([LETTER, LETTER]);
  });

  test("selected fields, or the provider's own record", async () => {
    expect(await run("letters.create", LETTER)).toHaveProperty("value", { id: "l1", ...LETTER });
    expect(await run("letters.create", LETTER, { fields: "raw" })).toHaveProperty("value", {
      id: "l2",
      ...LETTER,
      secret_stamp: "raw only",
    });
  });

  test("an input that does not fit sends nothing and names the field", async () => {
    await expect(run("letters.create", { to: 7 })).rejects.toMatchObject({
      code: "invalid_input",
      errors: [{ at: "to" }, { at: "text" }],
    });
    expect(rig.api.asked).toEqual([]);
  });

  test("what is not there, what the API cannot do, and which connection", async () => {
    await expect(run("letters.crate", LETTER)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining('"letters.create"'),
    });
    const elsewhere = { connector: "other-api", operation: "letters.create", input: LETTER };
    await expect(replyOf(commands, "operations.run", rig.context(), elsewhere)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining(DEFAULT_CONNECTION.connector),
    });
    await expect(run("letters.recall")).rejects.toMatchObject({ code: "unsupported", status: 501 });
    await expect(run("letters.create", LETTER, { connection: "nobody" })).rejects.toMatchObject({ code: "not_found" });
    rig.api.keys.add("k2");
    await ensureConnection(rig.ports, { ...DEFAULT_CONNECTION, name: "work", credentials: { apiKey: "k2" } });
    expect(await run("letters.create", LETTER, { connection: "work" })).toMatchObject({ meta: { connection: "work" } });
  });

  test("the scope goes by what the operation does", async () => {
    const reader = { scopes: ["actions:read" as const] };
    const writer = { scopes: ["actions:write" as const] };
    await expect(run("letters.create", LETTER, {}, reader)).rejects.toMatchObject({ code: "forbidden" });
    await expect(run("notes.list", {}, {}, writer)).rejects.toMatchObject({ code: "forbidden" });
    expect(await run("letters.create", LETTER, {}, writer)).toHaveProperty("kind", "value");
    expect(await run("notes.list", {}, {}, reader)).toHaveProperty("kind", "list");
  });

  test("a key that is bound to another connection does not reach this one", async () => {
    await expect(run("letters.create", LETTER, {}, { connections: ["con_other"] })).rejects.toMatchObject({
      code: "connection_required",
    });
    await expect(
      run("letters.create", LETTER, { connection: "default" }, { connections: ["con_other"] }),
    ).rejects.toMatchObject({
      code: "not_found",
    });
    expect(rig.api.asked).toEqual([]);
  });

  test("a GET reads texts as the types they stand for, and runs what only reads", async () => {
    rig.api.add("a", "b", "c");
    const first = await query("notes.list");
    expect(first).toMatchObject({ kind: "list", value: [{ id: "c" }, { id: "b" }] });
    const { nextCursor } = first as { nextCursor: string };
    expect(await query("notes.list", { cursor: nextCursor })).toMatchObject({ value: [{ id: "a" }], nextCursor: null });
    await expect(query("letters.create", LETTER)).rejects.toMatchObject({ code: "method_not_allowed" });
    const posted = await run("letters.create", { ...LETTER, stamp: "2" }, { text: true });
    expect(posted.kind).toBe("value");
    expect(rig.api.posted).toEqual([{ ...LETTER, stamp: 2 }]);
  });

  test("a POST takes the page beside its body too, the body's own first", async () => {
    rig.api.add("a", "b", "c");
    const { nextCursor: cursor } = (await run("notes.list")) as { nextCursor: string };
    expect(await run("notes.list", {}, { cursor })).toMatchObject({ value: [{ id: "a" }], nextCursor: null });
    expect(await run("notes.list", { cursor }, { cursor: "another" })).toMatchObject({ value: [{ id: "a" }] });
    await expect(run("letters.create", LETTER, { cursor })).rejects.toMatchObject({
      code: "invalid_input",
      errors: [{ at: "cursor" }],
    });
    expect(rig.api.posted).toEqual([]);
  });

  test("an error of the provider is passed on as its own", async () => {
    rig.api.keys.clear();
    await expect(run("letters.create", LETTER)).rejects.toMatchObject({
      code: "upstream_unauthorized",
      upstream: { status: 401 },
    });
  });
});

describe("the event of an operation", () => {
  test("is stored with its delivery before the answer is given, made of the provider's own record", async () => {
    await rig.subscribe({ events: ["letters.*"] });
    expect(await run("letters.create", LETTER)).toHaveProperty("value", { id: "l1", ...LETTER });
    expect(await rig.events()).toMatchObject([
      { type: "letters.created", connection: "default", resource: "letters", data: { id: "l1", ...LETTER } },
    ]);
    expect((await rig.ports.store.deliveries.counts()).pending).toBe(1);
    await run("letters.create", LETTER, { fields: "raw" });
    expect(await rig.told()).toEqual(["letters.created l2"]);
  });

  test("is made only when somebody wants it, and not of an operation that failed", async () => {
    await run("letters.create", LETTER);
    await rig.subscribe({ events: ["notes.*"] });
    await rig.subscribe({ connectionId: "con_other" });
    await run("letters.create", LETTER);
    await rig.subscribe({ events: ["letters.*"] });
    rig.api.keys.clear();
    await expect(run("letters.create", LETTER)).rejects.toThrow();
    expect(await rig.told()).toEqual([]);
  });
});

describe("connectors", () => {
  test("tell their operations and events", async () => {
    const connector = await valueOf(commands, "connectors.get", rig.context({ scopes: [] }), {
      connector: "notes-api",
    });
    const named = (list: string, key: string, name: string) =>
      (connector[list] as JsonObject[]).find((member) => member[key] === name);
    expect(named("operations", "name", "notes.read")).toMatchObject({
      method: "GET",
      path: "/notes/{note_id}",
      kind: "query",
      input: { required: ["note_id"] },
      output: { properties: { title: { type: ["string", "null"] } } },
    });
    expect(named("operations", "name", "letters.create")).toMatchObject({ aliases: ["send_letter"], kind: "action" });
    expect(named("events", "type", "notes.done")).toMatchObject({ payload: { type: "object" }, sample: null });
    expect(await listOf(commands, "connectors.list", rig.context())).toEqual([connector]);
    await expect(replyOf(commands, "connectors.get", rig.context(), { connector: "x" })).rejects.toMatchObject({
      code: "not_found",
    });
  });

  test("tell which operations a connection can run: an optional credential opens its own", async () => {
    const offered = async (input: object = {}, actor = {}) => {
      const view = await valueOf(commands, "connectors.get", rig.context(actor), { connector: "notes-api", ...input });
      const operations = view.operations as { name: string; available: boolean }[];
      return operations.filter(({ available }) => available).map(({ name }) => name);
    };
    const plain = await offered();
    expect(plain).toContain("notes.list");
    expect(plain).not.toContain("letters.recall");
    expect(plain).not.toContain("audits.list");
    rig.api.keys.add("k2");
    const credentials = { apiKey: "k2", adminKey: "a2" };
    await ensureConnection(rig.ports, { ...DEFAULT_CONNECTION, name: "work", credentials });
    expect(await offered({ connection: "work" })).toEqual(expect.arrayContaining(["notes.list", "audits.list"]));
    expect(await offered()).toEqual(plain);
    await expect(offered({ connection: "work" }, { connections: ["con_other"] })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await offered({}, { connections: ["con_other"] })).toEqual(plain);
  });

  test("each operation is a command of its own", async () => {
    const own = operationCommands(rig.ports.connectors);
    const names = own.map((command) => command.name);
    expect(names).toContain("notes-api.letters.create");
    expect(names).toContain("notes-api.notes.list");
    const input = { ...LETTER, connection: "default", fields: "raw" };
    expect(await valueOf(own, "notes-api.letters.create", rig.context(), input)).toMatchObject({
      secret_stamp: "raw only",
    });
    await expect(
      replyOf(own, "notes-api.letters.create", rig.context({ scopes: ["actions:read"] }), input),
    ).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("options", () => {
  const options = (input: string) =>
    listOf(commands, "options.list", rig.context(), { connector: "notes-api", operation: "letters.create", input });

  test("come from the list that the manifest names, or from its choices", async () => {
    rig.api.add("a", "b");
    expect(await options("to")).toEqual([
      { id: "b", name: "title of b" },
      { id: "a", name: "title of a" },
    ]);
    expect(await options("stamp")).toEqual([
      { id: 1, name: "1" },
      { id: 2, name: "2" },
    ]);
  });

  test("are given page by page, whole, whatever the provider puts in a page", async () => {
    rig.api.add("a", "b", "c", "d", "e");
    const page = (input: string, paging: object) =>
      replyOf(commands, "options.list", rig.context(), {
        connector: "notes-api",
        operation: "letters.create",
        input,
        ...paging,
      });
    for (const [input, limit, all] of [
      ["to", 2, ["e", "d", "c", "b", "a"]],
      ["to", 1, ["e", "d", "c", "b", "a"]],
      ["stamp", 1, [1, 2]],
    ] as const) {
      const ids: unknown[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const reply = (await page(input, cursor === undefined ? { limit } : { limit, cursor })) as Reply & {
          kind: "list";
        };
        expect(reply.value.length).toBeLessThanOrEqual(limit);
        ids.push(...reply.value.map((choice) => (choice as JsonObject).id));
        cursor = reply.nextCursor;
      }
      expect(ids).toEqual(all);
      await expect(page(input, { cursor: "nonsense" })).rejects.toMatchObject({ code: "invalid_cursor" });
    }
  });

  test("are those of inputs that have some", async () => {
    await expect(options("text")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining('"to"'),
    });
  });
});
