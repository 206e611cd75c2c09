import { beforeEach, describe, expect, it } from "vitest";
import type { PrunePlace } from "../../src/store/acts.ts";
import type { Store } from "../../src/store/contract.ts";
import {
  aConnection,
  aDelivery,
  anAttempt,
  anItem,
  aPoller,
  aSubscription,
  aSweep,
  delivered,
  NOW,
  told,
} from "../support/store-rows.ts";

/** Retention. */
export function pruneSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
    await store.subscriptions.create(aSubscription("sub_1"));
  });

  /** An event of the moment NOW + at whose delivery failed after two attempts. */
  async function settled(n: number, at: number): Promise<void> {
    const one = told(n, { event: { timestamp: NOW + at } });
    await store.commitEvents({ told: [one], deliveries: [], jobs: [] });
    const failed = { ...delivered(`dlv_${n}`), status: "failed", reason: "exhausted" } as const;
    for (const number of [1, 2]) {
      const [lease] = (await store.jobs.due("deliver", "sub_1", NOW, 10)).slice(-1);
      const delivery = number === 2 ? failed : ({ ...failed, status: "pending", nextAttemptAt: NOW } as const);
      const attempt = anAttempt(`att_${n}_${number}`, `dlv_${n}`, { number });
      await store.commitAttempt({ lease: lease!, attempt, delivery, told: [] });
    }
  }
  /** Steps until nothing is left to do; how many events went. */
  async function all(before: number, limit: number): Promise<number> {
    let events = 0;
    for (let place: PrunePlace | null | undefined; place !== null; ) {
      const pruned = await store.prune(before, limit, place);
      events += pruned.events;
      place = pruned.next;
    }
    return events;
  }
  const left = async () => (await store.events.list({ limit: 200, connections: null })).items.map((event) => event.id);

  describe("prune", () => {
    it("deletes the oldest first, in small batches, with deliveries and attempts", async () => {
      for (const [n, at] of [
        [1, 30],
        [2, 10],
        [3, 20],
        [4, 40],
      ] as const)
        await settled(n, at);
      const first = await store.prune(NOW + 40, 4); // two events with a delivery each
      expect(first).toEqual({ events: 2, next: { timestamp: NOW + 20, seq: 3 } });
      expect(await left()).toEqual(["evt_4", "evt_1"]);
      expect(await store.prune(NOW + 40, 4, first.next!)).toEqual({ events: 1, next: null });
      expect(await store.prune(NOW + 40, 4)).toEqual({ events: 0, next: null });
      expect(await left()).toEqual(["evt_4"]);
      for (const n of [1, 2, 3]) {
        expect(await store.deliveries.get(`dlv_${n}`)).toBeNull();
        expect(await store.deliveries.attempts(`dlv_${n}`)).toEqual([]);
      }
      expect(await store.deliveries.attempts("dlv_4")).toHaveLength(2);
    });

    it("keeps an event with a pending delivery, and looks past it", async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      await settled(2, 1);
      await settled(3, 2);
      expect(await store.prune(NOW + 100, 3)).toMatchObject({ events: 1 });
      expect(await all(NOW + 100, 3)).toBe(1);
      expect(await left()).toEqual(["evt_1"]);
      expect(await store.deliveries.get("dlv_1")).toMatchObject({ status: "pending" });
    });

    it("keeps one whose delivery is made pending in the same moment", async () => {
      await settled(1, 0);
      const [, pruned] = await Promise.all([
        store.deliveries.retry(aDelivery("dlv_1"), NOW),
        store.prune(NOW + 100, 10),
      ]);
      expect(pruned.events).toBe(0);
      expect(await left()).toEqual(["evt_1"]);
      expect(await store.deliveries.attempts("dlv_1")).toHaveLength(2);
    });

    it("never gives a pruned event's place in the log to another", async () => {
      await settled(1, 0);
      const before = await store.events.get("evt_1");
      await store.prune(NOW + 100, 10);
      await settled(2, 0);
      expect((await store.events.get("evt_2"))!.seq).toBeGreaterThan(before!.seq);
    });

    it("takes old lines of sweep history along", async () => {
      await store.pollers.create(aPoller("pol_1"));
      for (const i of [0, 1, 2]) {
        const sweep = aSweep(`swp_${i}`, "pol_1", { startedAt: NOW + i });
        await store.commitPoll({ pollerId: "pol_1", expectVersion: i, patch: {}, items: [], told: [], sweep });
      }
      expect(await store.prune(NOW + 2, 10)).toEqual({ events: 0, next: null });
      expect((await store.pollers.sweeps("pol_1", 10)).map((sweep) => sweep.id)).toEqual(["swp_2"]);
    });

    it("deletes an event with many deliveries in parts, and the event with the last of them", async () => {
      const one = told(1, { delivery: { status: "delivered" } });
      const deliveries = Array.from({ length: 25 }, (_, n) =>
        aDelivery(`dlv_1_${n}`, {
          eventId: "evt_1",
          subscriptionId: `sub_${n}`,
          status: "failed",
          nextAttemptAt: null,
        }),
      );
      await store.commitEvents({ told: [{ ...one, deliveries }], deliveries: [], jobs: [] });
      await settled(2, 5);
      const count = () => store.deliveries.count({ owner: null });
      expect(await count()).toBe(26);
      const steps: number[] = [];
      for (let place: PrunePlace | null | undefined; place !== null; ) {
        place = (await store.prune(NOW + 100, 10, place)).next;
        steps.push(await count());
      }
      expect(steps).toEqual([16, 6, 0]);
      expect(await left()).toEqual([]);
    });

    it("looks at no more than a step's worth of events that are kept", async () => {
      for (let n = 1; n <= 5; n++) await store.commitEvents({ told: [told(n)], deliveries: [], jobs: [] });
      await settled(6, 1);
      const first = await store.prune(NOW + 100, 3);
      expect(first).toEqual({ events: 0, next: { timestamp: NOW, seq: 3 } });
      expect(await all(NOW + 100, 3)).toBe(1);
      expect(await left()).toHaveLength(5);
    });
  });

  describe("what a poller lets go of", () => {
    const commit = (expectVersion: number, keys: string[], clearItems = false) =>
      store.commitPoll({
        pollerId: "pol_1",
        expectVersion,
        patch: {},
        items: keys.map((key) => anItem(key)),
        told: [],
        clearItems,
      });
    const known = async () => (await store.pollers.items("pol_1", ["a", "b", "c"])).map(({ key }) => key).sort();
    beforeEach(async () => {
      await store.connections.create(aConnection("con_1"), [aPoller("pol_1"), aPoller("pol_2", { resource: "other" })]);
    });

    it("is gone at once and deleted in steps, however often it lets go", async () => {
      await commit(0, ["a", "b", "c"]);
      await commit(1, ["b"], true);
      expect(await known()).toEqual(["b"]);
      expect(await store.pollers.itemNumbers("pol_1", 0, 10)).toHaveLength(1);
      await commit(2, [], true);
      await commit(3, ["a"]);
      expect(await known()).toEqual(["a"]);
      let steps = 0;
      for (let place: PrunePlace | null | undefined; place !== null; steps++)
        place = (await store.prune(NOW, 2, place)).next;
      expect(steps).toBeGreaterThan(2);
      expect(await known()).toEqual(["a"]);
    });

    it("goes with its connection, and nothing of others does", async () => {
      await commit(0, ["a", "b"]);
      await commit(1, ["c"], true);
      await store.commitPoll({
        pollerId: "pol_2",
        expectVersion: 0,
        patch: {},
        items: [],
        told: [],
        sweep: aSweep("swp_2", "pol_2"),
      });
      await store.connections.create(aConnection("con_2", { name: "other" }), [
        aPoller("pol_3", { connectionId: "con_2" }),
      ]);
      await store.commitPoll({
        pollerId: "pol_3",
        expectVersion: 0,
        patch: {},
        items: [anItem("z")],
        told: [],
        sweep: aSweep("swp_3", "pol_3"),
      });
      expect(await store.connections.delete("con_1")).toBe(true);
      expect(await store.pollers.get("pol_1")).toBeNull();
      await all(NOW - 1_000_000, 1);
      expect(await store.pollers.sweeps("pol_2", 10)).toEqual([]);
      expect(await store.pollers.items("pol_1", ["a", "b", "c"])).toEqual([]);
      expect(await store.pollers.items("pol_3", ["z"])).toHaveLength(1);
      expect(await store.pollers.sweeps("pol_3", 10)).toHaveLength(1);
    });
  });
}
