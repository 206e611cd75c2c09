import { afterEach, beforeEach, expect, test } from "vitest";
import { runOperation } from "../../src/actions/run.ts";
import { noteAnswer } from "../../src/connections/allowances.ts";
import { runningOf, stopSweeps, sweepNow, sweepsDone } from "../../src/triggers/sweeps.ts";
import { tick } from "../../src/triggers/tick.ts";
import { settle } from "../support/manual-clock.ts";
import { Rig } from "./rig.ts";

const MINUTE = 60_000;
const RATE_LIMIT = [{ headers: { limit: "x-limit", remaining: "X-Remaining", reset: "x-reset" }, reserve: 0.2 }];

const NOTHING_SAID: Record<string, string> = {};

let rig: Rig;
/** What the next answers say is left, of ten. */
let left: number[];
beforeEach(async () => {
  rig = await Rig.open({ service: { rateLimit: RATE_LIMIT } });
  left = [];
  rig.api.heads = () => {
    const remaining = left.shift();
    const reset = new Date(rig.clock.now() + 2 * MINUTE).toISOString();
    if (remaining === undefined) return NOTHING_SAID;
    return { "x-limit": "10", "x-remaining": String(remaining), "x-reset": reset };
  };
  await rig.subscribe();
  rig.api.add("a", "b", "c", "d");
});
afterEach(async () => {
  await stopSweeps(rig.ports);
  await rig.close();
});

const listed = () => rig.api.asked.filter((path) => path.startsWith("/notes"));
const call = (id: string) =>
  runOperation(rig.ports, rig.context().actor, {
    connector: "notes-api",
    operation: "notes.read",
    input: { note_id: id },
    fields: "raw",
    signal: new AbortController().signal,
  });

async function due(): Promise<void> {
  const { nextRunAt } = await rig.poller();
  await rig.clock.advance(Math.max(0, nextRunAt - rig.clock.now()));
  rig.api.asked = [];
  await tick(rig.ports);
  await settle();
}

test("a sweep is put off until the reset while a caller's operations have less left than the reserve", async () => {
  await rig.sweep();
  left = [1];
  await call("a");
  const resetAt = rig.clock.now() + 2 * MINUTE;
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toEqual([]);
  expect(await rig.poller()).toMatchObject({ nextRunAt: resetAt, cadence: "rate_limited" });
  await call("b");
  expect(listed()).toEqual(["/notes/b"]);
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toEqual(["/notes", "/notes?page=2"]);
  expect(await rig.poller()).toMatchObject({ consecutiveFailures: 0, lastError: null, cadence: "regular" });
});

test("as much as the reserve is room enough", async () => {
  await rig.sweep();
  left = [2];
  await call("a");
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toHaveLength(2);
});

test("a sweep waits in its midst, holding up neither callers nor other sweeps, and is complete then", async () => {
  left = [1];
  await due();
  expect(listed()).toEqual(["/notes"]);
  expect([...runningOf(rig.ports.store).values()]).toMatchObject([{ isResting: true }]);
  await call("a");
  await rig.clock.advance(2 * MINUTE - 1);
  expect(listed()).toEqual(["/notes", "/notes/a"]);
  await rig.clock.advance(1);
  await sweepsDone(rig.ports);
  expect(listed()).toEqual(["/notes", "/notes/a", "/notes?page=2"]);
  expect(await rig.poller()).toMatchObject({ items: 4, baselinedAt: rig.clock.now() });
});

test("one that would wait for too long ends as incomplete, without harm", async () => {
  await rig.sweep();
  rig.api.remove("a");
  rig.api.heads = () => ({ "x-limit": "10", "x-remaining": "0", "x-reset": "1500" });
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toEqual(["/notes"]);
  const [sweep] = await rig.ports.store.pollers.sweeps((await rig.poller()).id, 1);
  expect(sweep).toMatchObject({ complete: false, error: expect.stringContaining("rate limit") });
  expect(await rig.poller()).toMatchObject({ state: "active", consecutiveFailures: 0, items: 4 });
  rig.api.heads = () => ({});
  await rig.clock.advance(25 * MINUTE);
  await due();
  await sweepsDone(rig.ports);
  expect((await rig.poller()).lastCompleteAt).toBe(rig.clock.now());
});

test("a sweep that a person asks for is a caller's operation", async () => {
  left = [0, 0];
  expect(await sweepNow(rig.ports, (await rig.poller()).id)).toMatchObject({ complete: true });
});

test("a stop ends one that waits", async () => {
  left = [0];
  await due();
  await stopSweeps(rig.ports);
  expect(runningOf(rig.ports.store).size).toBe(0);
});

test("removals wait for room too: their proof is not what callers are kept waiting for", async () => {
  await rig.sweep();
  rig.api.remove("d");
  await rig.sweep();
  left = [9, 0];
  await due();
  await sweepsDone(rig.ports);
  expect(await rig.told()).toEqual([]);
  await rig.clock.advance(3 * MINUTE);
  await due();
  await sweepsDone(rig.ports);
  expect(await rig.told()).toEqual(["notes.deleted d"]);
});

test("a 429 with a time puts off the account's other sweeps, declared or not; a clock put back does not keep them", async () => {
  rig.edit({});
  await rig.sweep();
  const { connectionId } = await rig.poller();
  const connector = rig.ports.connectors[0]!;
  const asked = { connector, account: { connectionId }, operation: { auth: "default" } };
  noteAnswer(rig.ports)(asked, { status: 429, headers: { "retry-after": "7200" } });
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toEqual([]);
  rig.clock.jump(-24 * 60 * MINUTE);
  await rig.ports.store.pollers.update((await rig.poller()).id, { nextRunAt: rig.clock.now() });
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toHaveLength(2);
});

test("a limit that the provider does not speak of is counted here, callers and sweeps together", async () => {
  rig.edit({ service: { rateLimit: [{ requests: 5, per: "1h" }] } });
  await rig.sweep();
  await call("a");
  await call("a");
  await due();
  await sweepsDone(rig.ports);
  expect(listed()).toHaveLength(1);
});
