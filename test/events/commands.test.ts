import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { ALICE, actor, Desk } from "../delivery/desk.ts";

const CONNECTOR = loadConnector(new URL("../../connector.json", import.meta.url).pathname).connector;

describe("events", () => {
  test("are listed newest commit first, by page, type, connection and time", async () => {
    const desk = await Desk.open();
    const work = await desk.connect("work");
    const first = await desk.tell({ connectionId: work.id, connection: "work" });
    await desk.clock.advance(1_000);
    const second = await desk.tell({ type: "files.deleted" });
    const third = await desk.tell();
    const ids = async (input: JsonObject) => (await desk.list("events.list", input)).map(({ id }) => id);
    expect(await ids({})).toEqual([third.id, second.id, first.id]);
    expect(await ids({ type: "files.deleted" })).toEqual([second.id]);
    expect(await ids({ connection: "work" })).toEqual([first.id]);
    expect(await ids({ connection: work.id })).toEqual([first.id]);
    expect(await ids({ since: "2026-11-20T08:00:01Z" })).toEqual([third.id, second.id]);
    expect(await ids({ until: "2026-11-20T08:00:01Z" })).toEqual([first.id]);
    const page = await desk.ask("events.list", { limit: "2" });
    expect(page).toMatchObject({ kind: "list", value: [{ id: third.id }, { id: second.id }] });
    const cursor = page.kind === "list" ? page.nextCursor : null;
    expect(await ids({ limit: "2", cursor })).toEqual([first.id]);
  });

  test("a key that is bound to connections sees only theirs", async () => {
    const desk = await Desk.open();
    const work = await desk.connect("work");
    const home = await desk.connect("home");
    const mine = await desk.tell({ connectionId: work.id, connection: "work" });
    const other = await desk.tell({ connectionId: home.id, connection: "home" });
    const bound = actor("key_bound", [work.id]);
    expect(await desk.list("events.list", {}, bound)).toMatchObject([{ id: mine.id }]);
    await expect(desk.ask("events.get", { id: other.id }, bound)).rejects.toMatchObject({ code: "not_found" });
    await expect(desk.ask("events.list", { connection: "home" }, bound)).rejects.toMatchObject({ code: "not_found" });
    expect(await desk.value("events.get", { id: mine.id }, bound)).toMatchObject({ id: mine.id });
    expect(await desk.value("event_types.samples", { type: "files.created" }, bound)).toMatchObject([{ id: mine.id }]);
  });

  test.each([
    [{ since: "yesterday" }, "since"],
    [{ nope: 1 }, "nope"],
  ])("refuses %j", async (input, at) => {
    const desk = await Desk.open();
    await expect(desk.ask("events.list", input)).rejects.toMatchObject({ code: "invalid_input", errors: [{ at }] });
  });

  test("need the scope", async () => {
    const desk = await Desk.open();
    const limited = { ...ALICE, scopes: ["subscriptions" as const] };
    await expect(desk.ask("events.list", {}, limited)).rejects.toMatchObject({ code: "forbidden" });
  });
});

describe("event types", () => {
  test("list every trigger, each with a payload schema that its sample fits", async () => {
    const desk = await Desk.open();
    const types = await desk.list("event_types.list", { limit: 200 });
    const names = types.map(({ type }) => type);
    for (const type of ["messages.created", "message_batches.ended", "message_batches.expired", "models.created"]) {
      expect(names).toContain(type);
    }
    for (const type of ["files.created", "files.deleted", "skills.created", "skills.deleted"])
      expect(names).toContain(type);
    expect(names).toContain("tidewire.subscription.disabled");
    const ajv = new Ajv2020({ strict: false, formats: { "date-time": true, uri: true } });
    for (const { type, payload, sample } of types) {
      expect(ajv.validate(payload as object, sample), `${String(type)}: ${ajv.errorsText()}`).toBe(true);
    }
  });

  test("a sample has the shape of the webhook and stays the same one", async () => {
    const desk = await Desk.open();
    const samples = (await desk.value("event_types.samples", { type: "files.created" })) as unknown as JsonObject[];
    const event = await desk.tell();
    const real = (await desk.value("event_types.samples", { type: "files.created" })) as unknown as JsonObject[];
    expect(samples).toHaveLength(1);
    expect(Object.keys(samples[0]!)).toEqual(Object.keys(real[0]!));
    expect(real).toEqual([await desk.value("events.get", { id: event.id })]);
    const raw = await desk.value("event_types.samples", { type: "files.created", format: "raw", limit: "1" });
    expect(raw).toEqual([event.data]);
  });

  test("a type is named with its connector too, as subscriptions do", async () => {
    const desk = await Desk.open();
    const { connector } = await desk.tell();
    const real = await desk.value("event_types.samples", { type: "files.created" });
    expect(await desk.value("event_types.samples", { type: `${connector}/files.created` })).toEqual(real);
    const ofAnother = desk.ask("event_types.samples", { type: "another/files.created" });
    await expect(ofAnother).rejects.toMatchObject({ code: "not_found" });
  });

  test("samples are as many as there are of that connector (a newer event of another took the place of one)", async () => {
    const another = { ...CONNECTOR, handle: "another" };
    const desk = await Desk.open({ connectors: [CONNECTOR, another] });
    const told = await desk.tellMany(600, (n) => ({ connector: n === 1 || n === 3 ? "claude-api" : "another" }));
    const samples = async (connector: string, limit: number) => {
      const input = { type: "files.created", connector, limit };
      const found = (await desk.value("event_types.samples", input)) as unknown as JsonObject[];
      return found.map(({ id }) => id);
    };
    expect(await samples("claude-api", 2)).toEqual([told[3]?.id, told[1]?.id]);
    expect(await samples("claude-api", 1)).toEqual([told[3]?.id]);
    expect(await samples("another", 3)).toEqual([599, 598, 597].map((n) => told[n]?.id));
    const named = await desk.list("events.list", { type: "claude-api/files.created" });
    expect(named.map(({ id }) => id)).toEqual([told[3]?.id, told[1]?.id]);
  });

  test("an unknown type is not found", async () => {
    const desk = await Desk.open();
    await expect(desk.ask("event_types.samples", { type: "files.nope" })).rejects.toMatchObject({ code: "not_found" });
  });
});
