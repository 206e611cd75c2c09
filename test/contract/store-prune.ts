import { beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import { aDelivery, anAttempt, aPoller, aSubscription, aSweep, delivered, NOW, told } from "../support/store-rows.ts";

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
      expect(await store.prune(NOW + 40, 2)).toBe(2);
      expect(await left()).toEqual(["evt_4", "evt_1"]);
      expect(await store.prune(NOW + 40, 2)).toBe(1);
      expect(await store.prune(NOW + 40, 2)).toBe(0);
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
      expect(await store.prune(NOW + 100, 1)).toBe(1);
      expect(await left()).toEqual(["evt_1"]);
      expect(await store.deliveries.get("dlv_1")).toMatchObject({ status: "pending" });
    });

    it("keeps one whose delivery is made pending in the same moment", async () => {
      await settled(1, 0);
      const [, pruned] = await Promise.all([
        store.deliveries.retry(aDelivery("dlv_1"), NOW),
        store.prune(NOW + 100, 10),
      ]);
      expect(pruned).toBe(0);
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
      expect(await store.prune(NOW + 2, 10)).toBe(0);
      expect((await store.pollers.sweeps("pol_1", 10)).map((sweep) => sweep.id)).toEqual(["swp_2"]);
    });
  });
}
