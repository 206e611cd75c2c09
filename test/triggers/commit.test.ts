import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ensurePollers } from "../../src/connections/ensure.ts";
import { TidewireError } from "../../src/kernel/errors.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Store } from "../../src/store/contract.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { stopSweeps, sweepNow, sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { Rig } from "./rig.ts";

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.open();
});
afterEach(() => rig.close());

/** The store, with the commit of that number (1, 2 …) of a poll replaced. */
function onCommit(
  store: Store,
  number: number,
  act: (commit: () => ReturnType<Store["commitPoll"]>) => ReturnType<Store["commitPoll"]>,
): Store {
  let commits = 0;
  return {
    ...store,
    commitPoll: (commit) => (++commits === number ? act(() => store.commitPoll(commit)) : store.commitPoll(commit)),
  };
}

/** How many items each commit stores from now on. */
function counted(): number[] {
  const written: number[] = [];
  const { store } = rig.ports;
  const commitPoll: Store["commitPoll"] = (commit) => (written.push(commit.items.length), store.commitPoll(commit));
  rig.ports.store = { ...store, commitPoll };
  return written;
}

/** A sweep during which the process dies at the given commit. */
async function sweepThatDies(number: number, when: "before" | "after"): Promise<void> {
  const { store } = rig.ports;
  rig.ports.store = onCommit(store, number, async (commit) => {
    if (when === "after") await commit();
    throw new Error("kill -9");
  });
  await expect(rig.sweep()).rejects.toThrow("kill -9");
  rig.ports.store = store;
}

describe("9. nothing is told that was not stored, nothing stored that is not told", () => {
  test("a page's state, its events and the work to deliver them come in one commit", async () => {
    await rig.sweep();
    await rig.subscribe();
    rig.api.add("a", "b", "c");
    await rig.sweep();
    expect(await rig.told()).toHaveLength(3);
    expect((await rig.ports.store.deliveries.counts()).pending).toBe(3);
    expect(await rig.ports.store.jobs.groups("deliver")).toHaveLength(1);
  });

  for (const when of ["before", "after"] as const) {
    for (const commit of [1, 2, 3]) {
      test(`a crash ${when} commit ${commit}: everything is told once`, async () => {
        rig.api.add("a", "b", "c", "d");
        await rig.sweep();
        await rig.subscribe();
        rig.api.add("e", "f", "g");
        rig.api.change("a", { state: "done" });
        await sweepThatDies(commit, when);
        await rig.sweep();
        const told = ["created e", "created f", "created g", "done a", "updated a"].map((what) => `notes.${what}`);
        expect((await rig.told()).sort()).toEqual(told);
        expect((await rig.ports.store.deliveries.counts()).pending).toBe(told.length);
      });
    }
  }

  test("a crash at the proof of a removal tells it once", async () => {
    for (const when of ["before", "after"] as const) {
      rig.api.add(`x-${when}`);
      await rig.sweep();
      await rig.told();
      rig.api.remove(`x-${when}`);
      await rig.sweep();
      // First the mark of its absence, then the removal with the end of the sweep.
      await sweepThatDies(2, when);
      await rig.sweep();
      await rig.sweep();
      expect(await rig.told()).toEqual([`notes.deleted x-${when}`]);
    }
  });

  test("a crash before the first complete sweep was stored holds nothing back for ever", async () => {
    const notes = Array.from({ length: 12 }, (_, i) => `n${i + 1}`);
    rig.api.add(...notes);
    rig.api.pageFault = (page) => (page === 6 ? { status: 500 } : undefined);
    await rig.sweep();
    rig.api.heal();
    const { notes: all } = rig.api;
    rig.api.notes = [];
    // First the marks of their absence, which are held, then the end of the sweep.
    await sweepThatDies(2, "before");
    expect(await rig.poller()).toMatchObject({ held: 10 });
    rig.api.notes = all.filter(({ id }) => id !== "n12");
    expect(await rig.sweep()).toMatchObject({ complete: true, held: 0 });
    expect(await rig.poller()).toMatchObject({ held: 0, items: 11 });
  });

  test("an unchanged sweep writes no item", async () => {
    rig.api.add("a", "b", "c");
    await rig.sweep();
    const written = counted();
    await rig.sweep();
    expect(written).toEqual([0]);
  });

  test("no transaction grows with the list: a page each, and absences by the chunk", async () => {
    rig.api.pageSize = 400;
    rig.api.add(...Array.from({ length: 2_000 }, (_, i) => `n${i}`));
    const written = counted();
    await rig.sweep();
    rig.api.notes = [];
    expect(await rig.sweep()).toMatchObject({ held: 2_000 });
    expect(Math.max(...written)).toBeLessThanOrEqual(500);
  });

  test("changes of pages that come one after the other are stored together, so many at a time", async () => {
    rig.api.pageSize = 20;
    rig.api.add(...Array.from({ length: 400 }, (_, i) => `n${i}`));
    await rig.sweep();
    for (const i of [5, 105, 205]) rig.api.change(`n${i}`, { title: "other" });
    const written = counted();
    expect((await rig.sweeps()).sort()).toEqual(["n105", "n205", "n5"].map((id) => `notes.updated ${id}`));
    expect(written).toEqual([3, 0]);
    for (let i = 0; i < 400; i++) rig.api.change(`n${i}`, { title: "another" });
    written.length = 0;
    expect(await rig.sweeps()).toHaveLength(400);
    expect(written).toEqual([100, 100, 100, 100, 0]);
  });

  test("what a page changed does not wait for one that is slow to come, nor is it lost when that one fails", async () => {
    rig.api.add("a", "b", "c");
    await rig.sweep();
    rig.api.change("c", { title: "other" });
    rig.api.beforePage = (page) => {
      if (page === 1) rig.api.gate = gate.promise;
    };
    rig.api.pageFault = (page) => (page === 2 ? { status: 500 } : undefined);
    const gate = Promise.withResolvers<void>();
    const { id } = await rig.poller();
    const sweeping = sweepNow(rig.ports, id);
    await rig.clock.advance(19);
    expect(await rig.told()).toEqual([]);
    await rig.clock.advance(1);
    expect(await rig.told()).toEqual(["notes.updated c"]);
    gate.resolve();
    expect(await sweeping).toMatchObject({ complete: false, changed: 1, events: 1 });
    rig.api.change("c", { title: "another" });
    expect(await rig.sweep()).toMatchObject({ complete: false, changed: 1, events: 1 });
    expect(await rig.told()).toEqual(["notes.updated c"]);
  });

  test("a poller that is reset while a page is slow to come ends its sweep once that is there", async () => {
    rig.api.add("a", "b", "c");
    await rig.sweep();
    rig.api.change("c", { title: "other" });
    const gate = Promise.withResolvers<void>();
    rig.api.beforePage = (page) => {
      if (page === 1) rig.api.gate = gate.promise;
    };
    const { id, version } = await rig.poller();
    const sweeping = sweepNow(rig.ports, id);
    await rig.clock.advance(0);
    await rig.ports.store.commitPoll({ pollerId: id, expectVersion: version, patch: {}, items: [], told: [] });
    await rig.clock.advance(20);
    gate.resolve();
    expect(await sweeping).toMatchObject({ complete: false, error: expect.stringContaining("changed meanwhile") });
    rig.api.heal();
    expect(await rig.sweeps()).toEqual(["notes.updated c"]);
  });

  test("absences come in one commit, from wherever in the list, and are found behind items that were removed before", async () => {
    rig.api.pageSize = 100;
    rig.api.add(...Array.from({ length: 1_000 }, (_, i) => `n${i}`));
    await rig.sweep();
    const gone = (nth: number) => Array.from({ length: 20 }, (_, i) => `n${i * 50 + nth}`);
    for (const nth of [7, 8, 31]) {
      rig.api.remove(...gone(nth));
      const written = counted();
      expect(await rig.sweep()).toMatchObject({ complete: true, removed: 0 });
      expect(written).toEqual([20, 0]);
      expect(await rig.sweep()).toMatchObject({ complete: true, removed: 20 });
      expect((await rig.told()).sort()).toEqual(
        gone(nth)
          .map((id) => `notes.deleted ${id}`)
          .sort(),
      );
    }
  });
});

describe("a stale commit", () => {
  test("ends the sweep harmlessly: what it would have told is told by the next", async () => {
    rig.api.add("a", "b", "c", "d");
    await rig.sweep();
    rig.api.add("e");
    const { store } = rig.ports;
    const { id } = await rig.poller();
    // Another process commits in between.
    rig.ports.store = onCommit(store, 1, async (commit) => {
      const { version } = await rig.poller();
      await store.commitPoll({ pollerId: id, expectVersion: version, patch: {}, items: [], told: [] });
      return commit();
    });
    expect(await rig.sweep()).toMatchObject({
      complete: false,
      events: 0,
      error: expect.stringContaining("changed meanwhile"),
    });
    rig.ports.store = store;
    expect(await rig.told()).toEqual([]);
    expect(await rig.sweeps()).toEqual(["notes.created e"]);
  });

  test("a connection that is deleted meanwhile ends it too", async () => {
    rig.api.add("a");
    const { connectionId } = await rig.poller();
    const { store } = rig.ports;
    rig.ports.store = onCommit(store, 1, async (commit) => {
      await store.connections.delete(connectionId);
      return commit();
    });
    expect(await rig.sweep()).toMatchObject({ complete: false });
    rig.ports.store = store;
    expect(await store.pollers.all()).toEqual([]);
  });
});

describe("what is known survives", () => {
  test("a restart: the same database goes on from where it was", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-poll-"));
    try {
      await rig.close();
      rig = await Rig.open({}, join(folder, "a.db"));
      rig.api.add("a", "b");
      await rig.sweep();
      await rig.ports.store.close();
      rig.ports.store = await openSqliteStore({ path: join(folder, "a.db") });
      rig.api.add("c");
      rig.api.change("a", { state: "done" });
      expect((await rig.sweeps()).sort()).toEqual(["notes.created c", "notes.done a", "notes.updated a"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("10. one runner per poller", () => {
  const held = () => {
    let open = () => undefined as void;
    rig.api.gate = new Promise((resolve) => {
      open = resolve;
    });
    return () => open();
  };

  test("a tick sweeps a new connection at once, then by the schedule", async () => {
    rig.api.add("a");
    await tick(rig.ports);
    await sweepsDone(rig.ports);
    const { baselinedAt, nextRunAt } = await rig.poller();
    expect(baselinedAt).toBe(rig.clock.now());
    expect(nextRunAt - rig.clock.now()).toBeLessThanOrEqual(60_000);
    rig.api.asked = [];
    await tick(rig.ports);
    await sweepsDone(rig.ports);
    expect(rig.api.asked).toEqual([]);
    // Missed ticks coalesce.
    await rig.clock.advance(600_000);
    await tick(rig.ports);
    await tick(rig.ports);
    await sweepsDone(rig.ports);
    expect(rig.api.asked).toEqual(["/notes"]);
  });

  test("a sweep that could not be stored is tried again later each time, and tells its changes once there is room", async () => {
    rig.api.add("a");
    await rig.sweep();
    rig.api.add("b");
    await rig.clock.advance(120_000);
    const { store } = rig.ports;
    const { commitPoll } = store;
    const full = new TidewireError("database_full", "full");
    store.commitPoll = () => Promise.reject(full);
    rig.api.asked = [];
    const tickFor = async (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        await tick(rig.ports);
        await sweepsDone(rig.ports);
        await rig.clock.advance(1_000);
      }
    };
    await tickFor(60);
    expect(rig.api.asked.length).toBeGreaterThan(3);
    expect(rig.api.asked.length).toBeLessThan(8); // after 1, 2, 4, 8, 16 and 32 s
    store.commitPoll = commitPoll;
    await tickFor(60);
    expect((await rig.events()).map(({ type }) => type)).toEqual(["notes.created"]);
  });

  test("a tick and a run skip a poller that is being swept", async () => {
    const open = held();
    await tick(rig.ports);
    await tick(rig.ports);
    const { id } = await rig.poller();
    await expect(sweepNow(rig.ports, id)).rejects.toMatchObject({ code: "sweep_running" });
    open();
    await sweepsDone(rig.ports);
    expect(rig.api.asked).toEqual(["/notes"]);
  });

  test("a stop ends the sweep under way; what it had committed stays", async () => {
    rig.api.add("a", "b", "c");
    await rig.sweep();
    const before = await rig.poller();
    rig.api.add("d");
    rig.api.beforePage = (page) => {
      if (page === 1) rig.api.gate = new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
      if (page === 1) setImmediate(() => void stopSweeps(rig.ports));
    };
    await sweepNow(rig.ports, before.id);
    rig.api.heal();
    rig.api.gate = Promise.resolve();
    const after = await rig.poller();
    expect(after.consecutiveFailures).toBe(0);
    expect(after.lastCompleteAt).toBe(before.lastCompleteAt);
    await rig.sweep();
    expect(await rig.told()).toEqual(["notes.created d"]);
  });

  test("a poller that the manifest no longer has is left alone, says so, and is looked for again in an hour", async () => {
    await rig.sweep();
    const before = await rig.poller();
    rig.edit({ poller: { operation: "list" } });
    rig.ports.connectors = [];
    await rig.clock.advance(600_000);
    await tick(rig.ports);
    await sweepsDone(rig.ports);
    expect(await rig.poller()).toEqual({ ...before, nextRunAt: rig.clock.now() + 3_600_000, cadence: "undeclared" });
    await expect(sweepNow(rig.ports, before.id)).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("11. it is visible", () => {
  test("a credential that fails marks the poller, keeps its state, and success clears it", async () => {
    rig.api.add("a", "b", "c");
    await rig.sweep();
    rig.api.pageFault = (page) => (page === 2 ? { status: 401 } : undefined);
    expect(await rig.sweep()).toMatchObject({ complete: false });
    expect(await rig.poller()).toMatchObject({ state: "needs_reauth", items: 3, consecutiveFailures: 1 });
    expect(await rig.told()).toHaveLength(1);
    await rig.sweep();
    expect(await rig.told()).toEqual([]);
    rig.api.heal();
    rig.api.add("d");
    expect(await rig.sweeps()).toEqual(["notes.created d"]);
    expect(await rig.poller()).toMatchObject({ state: "active", consecutiveFailures: 0 });
  });

  test("a refused credential is told once, whichever of its pollers meet it (it was for each), and anew after it was good", async () => {
    rig.edit({ pollers: { second: { operation: "list" } } });
    await ensurePollers(rig.ports);
    await rig.subscribe({ events: ["tidewire.*"] });
    const refuse = async (keys: string[]) => {
      rig.api.keys = new Set(keys);
      await rig.clock.advance(60_000);
      for (const { id } of await rig.ports.store.pollers.all()) await sweepNow(rig.ports, id);
      const states = (await rig.ports.store.pollers.all()).map(({ state }) => state);
      return [states, (await rig.events()).map(({ type }) => type)];
    };
    const refused = ["needs_reauth", "needs_reauth"];
    expect(await refuse([])).toEqual([refused, ["tidewire.connection.needs_reauth"]]);
    expect(await refuse([])).toEqual([refused, []]);
    expect(await refuse(["k"])).toEqual([["active", "active"], []]);
    expect(await refuse([])).toEqual([refused, ["tidewire.connection.needs_reauth"]]);
    const { items } = await rig.ports.store.deliveries.list({ owner: null, limit: 10 });
    expect(items).toHaveLength(2);
  });

  test("failures are told after five in a row, and the back-off grows and respects retry-after", async () => {
    await rig.sweep();
    rig.api.pageFault = () => ({ status: 500 });
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) {
      await rig.sweep();
      waits.push(Math.round(((await rig.poller()).nextRunAt - rig.clock.now()) / 60_000));
    }
    expect(waits.slice(1)).toEqual([2, 4, 8, 16, 32]);
    expect(
      (await rig.events()).map(({ type, data }) => [
        type,
        (data as { consecutive_failures: number }).consecutive_failures,
      ]),
    ).toEqual([["tidewire.poller.failing", 5]]);
    rig.api.pageFault = () => ({ status: 429, headers: { "retry-after": "7200" } });
    await rig.sweep();
    expect((await rig.poller()).nextRunAt - rig.clock.now()).toBe(7_200_000);
  });

  test("the log has a line for each sweep, and says when it begins to fail, needs another credential and is well again", async () => {
    const lines: string[] = [];
    rig.ports.log = createLog("info", { write: (line) => void lines.push(line) });
    /** The line of the last sweep, and what else was said. */
    const logged = () => {
      const all = lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>);
      return [all.filter(({ msg }) => msg === "swept"), all.filter(({ msg }) => msg !== "swept")];
    };
    const about = {
      poller: expect.stringMatching(/^pol_/),
      connection: "default",
      resource: "notes",
      level: 30,
      ms: expect.any(Number),
    };
    await rig.sweep();
    expect(logged()).toMatchObject([[{ ...about, complete: true, pages: 1, added: 0, events: 0 }], []]);
    rig.api.pageFault = () => ({ status: 500 });
    await rig.sweep();
    const failed = { ...about, complete: false, error: expect.stringContaining("500") };
    const said = { poller: "notes/main", connection: "default", level: 40, state: "active" };
    expect(logged()).toMatchObject([[failed], [said]]);
    await rig.sweep();
    expect(logged()).toMatchObject([[failed], []]);
    rig.api.pageFault = () => ({ status: 401 });
    await rig.sweep();
    expect(logged()).toMatchObject([
      [{ ...about, complete: false }],
      [{ state: "needs_reauth", error: expect.stringContaining("401") }],
    ]);
    rig.api.heal();
    await rig.sweep();
    expect(logged()).toMatchObject([[{ complete: true }], [{ poller: "notes/main", level: 30 }]]);
  });
});
