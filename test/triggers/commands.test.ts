import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { commands } from "../../src/triggers/commands.ts";
import { sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { listOf, replyOf, valueOf } from "../support/call-command.ts";
import { Rig } from "./rig.ts";

let rig: Rig;
let id: string;
beforeEach(async () => {
  rig = await Rig.open();
  ({ id } = await rig.poller());
});
afterEach(() => rig.close());

const call = (name: string) => valueOf(commands, `pollers.${name}`, rig.context(), { id });

test("a list of pollers says how each is, by the name of its connection", async () => {
  const [poller] = (await listOf(commands, "pollers.list", rig.context())) as JsonObject[];
  expect(poller).toMatchObject({
    id,
    connector: "notes-api",
    connection: "default",
    resource: "notes",
    name: "main",
    state: "active",
    items: 0,
    baselined_at: null,
    last_success_at: null,
    last_complete_at: null,
    consecutive_failures: 0,
    held: 0,
    next_run_at: new Date(rig.clock.now()).toISOString(),
    cadence: "regular",
  });
  expect(await listOf(commands, "pollers.list", rig.context(), { connection: "default" })).toHaveLength(1);
  expect(await listOf(commands, "pollers.list", rig.context(), { connection: "other" })).toEqual([]);
});

test("a run answers with what it found, also when the upstream failed", async () => {
  rig.api.add("a");
  expect(await call("run")).toEqual({ complete: true, items: 1, added: 0, changed: 0, removed: 0, held: 0, events: 0 });
  rig.api.add("b");
  rig.api.change("a", { title: "other" });
  expect(await call("run")).toEqual({ complete: true, items: 2, added: 1, changed: 1, removed: 0, held: 0, events: 2 });
  rig.api.pageFault = () => ({ status: 503 });
  expect(await call("run")).toMatchObject({ complete: false, items: 0, error: expect.stringContaining("503") });
});

test("a poller shows its last sweeps, newest first, and the items it holds", async () => {
  rig.api.add(...Array.from({ length: 12 }, (_, i) => `n${i}`));
  await rig.sweep();
  rig.api.notes = [];
  await rig.sweep();
  const shown = await call("get");
  expect(shown).toMatchObject({
    held: 12,
    sweeps: [
      { held: 12, complete: true },
      { held: 0, complete: true, pages: 6 },
    ],
  });
  expect((shown.held_items as JsonObject[])[0]).toMatchObject({ key: expect.any(String), record: { state: "open" } });
});

describe("held removals", () => {
  const ids = Array.from({ length: 12 }, (_, i) => `n${i}`);
  beforeEach(async () => {
    rig.api.add(...ids);
    await rig.sweep();
    rig.api.notes = rig.api.notes.slice(0, 2);
    expect(await rig.sweep()).toMatchObject({ held: 10 });
    await rig.told();
  });

  test("are told when a person releases them, each with its last known record, and once", async () => {
    expect(await call("release")).toMatchObject({ held: 0, items: 2 });
    const events = await rig.events();
    expect(events).toHaveLength(10);
    expect(events[0]).toMatchObject({ type: "notes.deleted", data: { id: "n9", title: "title of n9" } });
    expect(await call("release")).toMatchObject({ held: 0 });
    expect([await rig.told(), await rig.sweeps()]).toEqual([[], []]);
    rig.api.add("n3");
    expect(await rig.sweeps()).toEqual(["notes.created n3"]);
  });

  test("go untold when a person dismisses them, and so does a return; what changed meanwhile is told", async () => {
    const gone = ids.filter((id) => !rig.api.notes.some((note) => note.id === id));
    expect(await call("dismiss")).toMatchObject({ held: 0, items: 2 });
    expect([await rig.told(), await rig.sweeps(), await rig.sweeps()]).toEqual([[], [], []]);
    rig.api.add(...gone);
    rig.api.change("n3", { state: "done" });
    expect((await rig.sweeps()).sort()).toEqual(["notes.done n3", "notes.updated n3"]);
    expect(await rig.poller()).toMatchObject({ items: 12, held: 0 });
  });

  test("that are settled during a sweep end it; the next one goes on from there", async () => {
    let released: Promise<unknown> = Promise.resolve();
    rig.api.beforePage = () => {
      released = call("release");
    };
    rig.api.add("new");
    await rig.sweep();
    await released;
    rig.api.heal();
    await rig.sweep();
    expect((await rig.told()).filter((event) => event.startsWith("notes.deleted"))).toHaveLength(10);
    expect(await rig.poller()).toMatchObject({ items: 3, held: 0 });
  });

  test("beyond a chunk are settled all the same", async () => {
    await call("reset");
    rig.api.pageSize = 400;
    rig.api.add(...Array.from({ length: 1_200 }, (_, i) => `m${i}`));
    await rig.sweep();
    rig.api.notes = [];
    await rig.sweep();
    expect(await call("dismiss")).toMatchObject({ held: 0, items: 0 });
  });
});

test("a paused poller is not swept, runs when asked, and keeps what it knows", async () => {
  rig.api.add("a");
  await rig.sweep();
  expect(await call("pause")).toMatchObject({ state: "paused" });
  rig.api.add("b");
  rig.api.asked = [];
  await rig.clock.advance(600_000);
  await tick(rig.ports);
  await sweepsDone(rig.ports);
  expect(rig.api.asked).toEqual([]);
  expect(await call("run")).toMatchObject({ events: 1 });
  expect(await rig.poller()).toMatchObject({ state: "paused" });
  rig.api.add("c");
  expect(await call("resume")).toMatchObject({ state: "active" });
  await tick(rig.ports);
  await sweepsDone(rig.ports);
  expect(await rig.told()).toEqual(["notes.created b", "notes.created c"]);
});

test("a reset forgets everything: the next sweep is a baseline, and later events are new ones", async () => {
  await rig.sweep();
  rig.api.add("a");
  expect(await rig.sweeps()).toEqual(["notes.created a"]);
  expect(await call("reset")).toMatchObject({ items: 0, held: 0, baselined_at: null });
  expect(await rig.sweeps()).toEqual([]);
  rig.api.remove("a");
  await rig.sweep();
  expect(await rig.sweeps()).toEqual(["notes.deleted a"]);
  rig.api.add("a");
  // The same transition as before the reset, in another generation.
  expect(await rig.sweeps()).toEqual(["notes.created a"]);
});

test("a pause ends the sweep under way", async () => {
  rig.api.add("a", "b", "c");
  await rig.sweep();
  rig.api.add("d");
  let paused: Promise<unknown> = Promise.resolve();
  rig.api.beforePage = (page) => {
    if (page === 1) paused = call("pause");
  };
  const outcome = await rig.sweep();
  await paused;
  expect(outcome).toMatchObject({ complete: false, error: expect.stringContaining("changed meanwhile") });
  expect(await rig.poller()).toMatchObject({ state: "paused" });
});

test("another's poller is not there", async () => {
  const bound = rig.context({ scopes: ["connections"], connections: ["con_other"] });
  expect(await listOf(commands, "pollers.list", bound)).toEqual([]);
  for (const { name } of commands.filter((command) => command.http.path.includes(":id"))) {
    await expect(replyOf(commands, name, bound, { id })).rejects.toMatchObject({ code: "not_found" });
  }
  await expect(replyOf(commands, "pollers.run", rig.context({ scopes: ["events"] }), { id })).rejects.toMatchObject({
    code: "forbidden",
  });
});
