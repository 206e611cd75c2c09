import fc from "fast-check";
import { expect, test } from "vitest";
import { type FanOutCursor, fanOut, nextChunk, wants } from "../../src/events/fan-out.ts";
import type { Subscription } from "../../src/model/subscription.ts";
import type { ToldEvent } from "../../src/store/acts.ts";
import { newEvent, subscription } from "../support/subscription.ts";

const event = newEvent();
const arbitrary = fc.record({
  events: fc.constantFrom<string[]>(["*"], ["files.*"], ["skills.*"], ["other/*"]),
  connectionId: fc.constantFrom(null, "con_1", "con_2"),
  ownerConnections: fc.constantFrom<string[] | null>(null, ["con_1"], ["con_2"]),
  status: fc.constantFrom("active" as const, "paused" as const, "disabled" as const),
  ordered: fc.boolean(),
});

/** Every delivery of an event, chunk after chunk, while others subscribe and leave in between. */
function runThrough(
  before: Subscription[],
  changes: (all: Subscription[]) => Subscription[],
): Omit<ToldEvent, "event"> {
  let n = 0;
  const newId = (prefix: string) => `${prefix}_${++n}`;
  let chunk: Omit<ToldEvent, "event"> = fanOut(event, before, 10, newId);
  const all = { deliveries: [...chunk.deliveries], jobs: [...chunk.jobs] };
  let subscriptions = before;
  for (let next = cursorOf(chunk); next; next = cursorOf(chunk)) {
    subscriptions = changes(subscriptions);
    chunk = nextChunk(event, subscriptions, next, 20, newId);
    all.deliveries.push(...chunk.deliveries);
    all.jobs.push(...chunk.jobs);
  }
  return all;
}

function cursorOf({ jobs }: Pick<ToldEvent, "jobs">): FanOutCursor | undefined {
  return jobs.find(({ queue }) => queue === "fan_out")?.payload as FanOutCursor | undefined;
}

test("each that wants the event gets exactly one delivery, however many there are; pending ones are due", () => {
  fc.assert(
    fc.property(fc.array(arbitrary, { maxLength: 40 }), fc.integer({ min: 1, max: 90 }), (kinds, times) => {
      const before = Array.from({ length: kinds.length * times }, (_, n) =>
        subscription({ ...kinds[n % kinds.length], id: `sub_${String((n * 7919) % 100_003).padStart(6, "0")}` }),
      );
      const { deliveries } = runThrough(before, (all) => all);
      const wanting = before.filter((one) => wants(one, event));
      expect(deliveries.map(({ subscriptionId }) => subscriptionId).sort()).toEqual(wanting.map(({ id }) => id).sort());
      const pending = deliveries.filter(({ status }) => status === "pending");
      expect(deliveries.filter(({ nextAttemptAt }) => nextAttemptAt !== null)).toEqual(pending);
      expect(pending).toHaveLength(wanting.filter(({ status }) => status === "active").length);
    }),
    { numRuns: 30 },
  );
});

test("who subscribes while a wide fan-out runs is not told of what came before", () => {
  const before = Array.from({ length: 2_500 }, (_, n) => subscription({ id: `sub_a${String(n).padStart(5, "0")}` }));
  const late = subscription({ id: "sub_z", createdAt: 15 });
  const { deliveries } = runThrough(before, (all) => (all.includes(late) ? all : [...all, late]));
  expect(deliveries).toHaveLength(2_500);
  expect(new Set(deliveries.map(({ subscriptionId }) => subscriptionId)).size).toBe(2_500);
});

test("those that keep an order are told in the first commit, before any later event, and one that begins to keep it is not lost", () => {
  const before = Array.from({ length: 2_500 }, (_, n) =>
    subscription({ id: `sub_${String(n).padStart(5, "0")}`, ordered: n % 7 === 6 }),
  );
  const first = fanOut(event, before, 10, (prefix) => `${prefix}_x`);
  const told = new Set(first.deliveries.map(({ subscriptionId }) => subscriptionId));
  expect(before.filter(({ ordered, id }) => ordered && !told.has(id))).toEqual([]);
  const { deliveries } = runThrough(before, (all) =>
    all.map((one) => (one.ordered ? one : { ...one, ordered: true, updatedAt: 15 })),
  );
  expect(deliveries.map(({ subscriptionId }) => subscriptionId).sort()).toEqual(before.map(({ id }) => id));
});

test("who is told stays right whatever changes of subscriptions in between", () => {
  const address = fc.record({
    connectionId: fc.constantFrom("con_1", "con_2"),
    type: fc.constantFrom("files.created", "skills.deleted"),
  });
  const change = fc.record({ at: fc.nat(4), to: arbitrary, failures: fc.nat(3), whole: fc.boolean() });
  fc.assert(
    fc.property(fc.array(fc.tuple(change, address)), (steps) => {
      let all = Array.from({ length: 5 }, (_, n) => subscription({ id: `sub_${n}` }));
      for (const [{ at, to, failures, whole }, about] of steps) {
        // A try that fails replaces the row and keeps what it asks for.
        const changed = (one: Subscription): Subscription => ({
          ...one,
          consecutiveFailures: failures,
          ...(whole ? to : {}),
        });
        all = all.map((one, n) => (n === at ? changed(one) : one));
        const one = { ...event, ...about };
        const told = fanOut(one, all, 10, (prefix) => prefix).deliveries.map(({ subscriptionId }) => subscriptionId);
        expect(told).toEqual(all.filter((each) => wants(each, one)).map(({ id }) => id));
      }
    }),
  );
});
