import { afterEach, expect, test } from "vitest";
import { followersOf } from "../../src/events/followers.ts";
import { sweepNow, sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { sweepWhenWatched } from "../../src/triggers/watched.ts";
import { settle } from "../support/manual-clock.ts";
import { type NotesManifest, Rig } from "./rig.ts";

const OPEN = { open: { field: ["state"], equals: "open" } };
const SOON = { every: "1m", everyWhileOpen: "10s" };
const MINUTE = 60_000;

let rig: Rig;
afterEach(() => rig.close());

async function opened(manifest: NotesManifest = {}): Promise<void> {
  rig = await Rig.open(manifest);
  sweepWhenWatched(rig.ports);
}

/** How far its runs lie apart: it is swept at two of them. */
async function gap(): Promise<number> {
  for (let n = 0; n < 2; n++) {
    const { id, nextRunAt } = await rig.poller();
    await rig.clock.advance(nextRunAt - rig.clock.now());
    await sweepNow(rig.ports, id);
  }
  return (await rig.poller()).nextRunAt - rig.clock.now();
}

/** The ticks of so many seconds. */
async function ticks(seconds: number): Promise<void> {
  for (let n = 0; n < seconds; n++) {
    await rig.clock.advance(1_000);
    await tick(rig.ports);
    await sweepsDone(rig.ports);
  }
}

test("a list with an open item is swept more often until it is finished", async () => {
  await opened({ poller: { schedule: SOON, track: OPEN } });
  await rig.subscribe();
  rig.api.add("a", "b", "c");
  await rig.sweep();
  expect(await gap()).toBe(10_000);
  for (const id of ["a", "b", "c"]) rig.api.change(id, { state: "done" });
  await rig.sweep();
  expect(await gap()).toBe(MINUTE);
});

test("an open item on a page that stays as it is counts all the same", async () => {
  await opened({ poller: { schedule: SOON, track: OPEN } });
  await rig.subscribe();
  rig.api.add("a", "b", "c", "d", "e");
  for (const id of ["b", "c", "d", "e"]) rig.api.change(id, { state: "done" });
  for (let n = 0; n < 4; n++) await rig.sweep();
  expect(await gap()).toBe(10_000);
});

test("in head mode an open item beyond the head counts, be it that it cannot be read", async () => {
  await opened({ poller: { schedule: SOON, track: OPEN, mode: "head" } });
  await rig.subscribe();
  rig.api.add("old", "b", "c", "d", "e");
  for (const id of ["b", "c", "d", "e"]) rig.api.change(id, { state: "done" });
  await rig.sweep();
  expect(await gap()).toBe(10_000);
  rig.api.readFault = () => ({ status: 500 });
  expect(await gap()).toBe(10_000);
  rig.api.readFault = () => undefined;
  rig.api.change("old", { state: "done" });
  await rig.sweep();
  expect(await gap()).toBe(MINUTE);
});

test("nobody wants its events: it is swept slower, and still swept", async () => {
  await opened();
  rig.api.add("a");
  await rig.sweep();
  expect(await gap()).toBe(5 * MINUTE);
  rig.api.asked = [];
  await ticks(900);
  expect(rig.api.asked.filter((path) => path === "/notes")).toHaveLength(3);
});

test("it is not slower before its baseline, so that one is there soon", async () => {
  await opened();
  rig.api.pageFault = () => ({ text: '{"data":[{"title":"no key"}]}', type: "application/json" });
  await rig.sweep();
  expect(await gap()).toBe(MINUTE);
});

test("a new subscription has it swept at once, and then at its usual pace", async () => {
  await opened();
  await rig.sweep();
  await gap();
  await rig.subscribe({ events: ["notes.created"] });
  await settle();
  expect((await rig.poller()).nextRunAt).toBe(rig.clock.now());
  rig.api.asked = [];
  await ticks(1);
  expect(rig.api.asked).toContain("/notes");
  expect(await gap()).toBe(MINUTE);
});

test("a subscription to other events, or of another connection, changes nothing", async () => {
  await opened();
  await rig.sweep();
  await gap();
  const before = (await rig.poller()).nextRunAt;
  await rig.subscribe({ events: ["audits.*"] });
  await rig.subscribe({ connectionId: "con_other" });
  await settle();
  expect((await rig.poller()).nextRunAt).toBe(before);
});

test("a subscription that is changed to want its events counts as a new one", async () => {
  await opened();
  await rig.subscribe({ id: "sub_9", events: ["audits.*"] });
  await rig.sweep();
  await gap();
  await rig.ports.store.subscriptions.update("sub_9", { events: ["notes.*"] });
  await settle();
  expect((await rig.poller()).nextRunAt).toBe(rig.clock.now());
});

test("a new subscription does not cut a back-off short", async () => {
  await opened();
  await rig.sweep();
  rig.api.pageFault = () => ({ status: 503, headers: { "retry-after": "600" } });
  await rig.sweep();
  const before = (await rig.poller()).nextRunAt;
  expect(before - rig.clock.now()).toBe(600_000);
  await rig.subscribe();
  await settle();
  expect((await rig.poller()).nextRunAt).toBe(before);
});

test("who follows the log wants what it would tell them, and no other list is swept for that", async () => {
  await opened();
  await rig.sweep();
  await gap();
  const { connectionId, nextRunAt } = await rig.poller();
  const followers = followersOf(rig.ports.store);
  followers.join("key_1", { types: ["audits.*"], connections: null });
  followers.join("key_1", { types: [], connections: ["con_other"] });
  await settle();
  expect((await rig.poller()).nextRunAt).toBe(nextRunAt);
  expect(await gap()).toBe(5 * MINUTE);
  const follower = followers.join("key_1", { types: ["notes.*"], connections: [connectionId] });
  await settle();
  expect((await rig.poller()).nextRunAt).toBe(rig.clock.now());
  expect(await gap()).toBe(MINUTE);
  followers.leave(follower);
  expect(await gap()).toBe(5 * MINUTE);
});

test("a poller says why it runs when it does", async () => {
  await opened({ poller: { schedule: SOON, track: OPEN } });
  const cadence = async () => (await rig.poller()).cadence;
  expect(await cadence()).toBe("regular");
  rig.api.add("a");
  await rig.sweep();
  expect(await cadence()).toBe("while_open"); // it had no baseline: nobody's interest did not count yet
  await rig.sweep();
  expect(await cadence()).toBe("unwatched");
  await rig.subscribe();
  await settle();
  expect(await cadence()).toBe("regular");
  await rig.sweep();
  expect(await cadence()).toBe("while_open");
  rig.api.pageFault = () => ({ status: 503 });
  await rig.sweep();
  expect(await cadence()).toBe("backing_off");
  rig.api.heal();
  rig.api.change("a", { state: "done" });
  await rig.sweep();
  expect(await cadence()).toBe("regular");
});

for (const status of [429, 503, 529]) {
  test(`a ${status} is given the time that it asks for`, async () => {
    await opened();
    await rig.subscribe();
    await rig.sweep();
    rig.api.pageFault = () => ({ status, headers: { "retry-after": "420" } });
    await rig.sweep();
    expect((await rig.poller()).nextRunAt - rig.clock.now()).toBe(420_000);
  });
}

for (const jump of [24 * 60 * MINUTE, -24 * 60 * MINUTE]) {
  test(`a clock that jumps by ${jump / 3_600_000} h neither floods nor stalls`, async () => {
    await opened();
    await rig.subscribe();
    await rig.ports.jobs.start();
    await rig.sweep();
    rig.clock.jump(jump);
    await rig.clock.advance(MINUTE); // by then what watches the clock has set right what waits
    rig.api.asked = [];
    await ticks(300);
    const sweeps = rig.api.asked.filter((path) => path === "/notes").length;
    expect(sweeps).toBeGreaterThanOrEqual(5);
    expect(sweeps).toBeLessThanOrEqual(6);
    await rig.ports.jobs.stop(0);
  });
}
