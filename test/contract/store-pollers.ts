import { beforeEach, describe, expect, it } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import { anItem, aPoller, aSweep, NOW } from "../support/store-rows.ts";

/** Pollers, the items they know and the history of their sweeps. */
export function pollerSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });

  describe("pollers", () => {
    it("change only what a patch names, and keep their version", async () => {
      await store.pollers.create(aPoller("pol_1"));
      await store.pollers.update("pol_1", { state: "paused", lastError: "no", nextRunAt: undefined });
      await store.pollers.update("pol_1", {});
      expect(await store.pollers.get("pol_1")).toEqual(aPoller("pol_1", { state: "paused", lastError: "no" }));
      expect(await store.pollers.get("pol_2")).toBeNull();
    });

    it("fall due, the longest overdue first, unless they are paused", async () => {
      await store.pollers.create(aPoller("pol_1", { nextRunAt: NOW - 1 }));
      await store.pollers.create(aPoller("pol_2", { nextRunAt: NOW - 5, state: "needs_reauth" }));
      await store.pollers.create(aPoller("pol_3", { nextRunAt: NOW - 9, state: "paused" }));
      await store.pollers.create(aPoller("pol_4", { nextRunAt: NOW + 1 }));
      await store.pollers.create(aPoller("pol_5", { nextRunAt: NOW }));
      const ids = async (limit: number) => (await store.pollers.due(NOW, limit)).map((poller) => poller.id);
      expect(await ids(10)).toEqual(["pol_2", "pol_1", "pol_5"]);
      expect(await ids(1)).toEqual(["pol_2"]);
    });

    it("are listed by connection and by who may see it", async () => {
      await store.pollers.create(aPoller("pol_1"));
      await store.pollers.create(aPoller("pol_2", { connectionId: "con_2" }));
      const ids = async (filter: { connectionId?: string; connections: readonly string[] | null }) =>
        (await store.pollers.list({ limit: 10, ...filter })).items.map((poller) => poller.id);
      expect(await ids({ connections: null })).toEqual(["pol_1", "pol_2"]);
      expect(await ids({ connections: ["con_2"] })).toEqual(["pol_2"]);
      expect(await ids({ connections: ["con_2"], connectionId: "con_1" })).toEqual([]);
      expect(await ids({ connections: null, connectionId: "con_1" })).toEqual(["pol_1"]);
      expect(await ids({ connections: [] })).toEqual([]);
    });
  });

  describe("items", () => {
    const statuses = ["present", "suspect", "held", "removed", "held"] as const;
    beforeEach(async () => {
      await store.pollers.create(aPoller("pol_1"));
      const items = statuses.map((status, i) => anItem(`k${i}`, { status }));
      await store.commitPoll({ pollerId: "pol_1", expectVersion: 0, patch: {}, items, told: [] });
    });

    it("are numbered in the order they were first seen; removed ones are not listed", async () => {
      const numbers = (after: number, limit: number) => store.pollers.itemNumbers("pol_1", after, limit);
      const all = [1, 2, 3, 5];
      expect(await numbers(0, 10)).toEqual(all);
      expect(await numbers(1, 2)).toEqual(all.slice(1, 3));
      expect(await numbers(3, 10)).toEqual(all.slice(3));
      expect(await store.pollers.itemNumbers("pol_2", 0, 10)).toEqual([]);
    });

    it("are read by key, removed ones too", async () => {
      expect(await store.pollers.items("pol_1", ["k3", "none"])).toEqual([
        { ...anItem("k3", { status: "removed" }), n: 4 },
      ]);
      expect(await store.pollers.items("pol_2", ["k3"])).toEqual([]);
      expect(await store.pollers.items("pol_1", [])).toEqual([]);
    });

    it("that are held are found", async () => {
      expect((await store.pollers.heldItems("pol_1", 10)).map((item) => item.key)).toEqual(["k2", "k4"]);
      expect((await store.pollers.heldItems("pol_1", 1)).map((item) => item.key)).toEqual(["k2"]);
    });
  });

  it("sweeps are listed newest first", async () => {
    await store.pollers.create(aPoller("pol_1"));
    const failed = aSweep("swp_1", "pol_1", { complete: false, error: "503" });
    for (const [i, sweep] of [failed, aSweep("swp_2", "pol_1")].entries()) {
      await store.commitPoll({ pollerId: "pol_1", expectVersion: i, patch: {}, items: [], told: [], sweep });
    }
    expect(await store.pollers.sweeps("pol_1", 10)).toEqual([aSweep("swp_2", "pol_1"), failed]);
    expect(await store.pollers.sweeps("pol_1", 1)).toEqual([aSweep("swp_2", "pol_1")]);
  });
}
