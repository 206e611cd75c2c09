import { beforeEach, describe, expect, it } from "vitest";
import type { StoredPage } from "../../src/model/poller.ts";
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

  describe("items, for a sweep", () => {
    beforeEach(async () => {
      await store.pollers.create(aPoller("pol_1"));
      const states = { "a.b": { matching: true, told: 2 } };
      const items = [anItem("a"), anItem("b", { states }), anItem("c", { status: "dismissed" })];
      await store.commitPoll({ pollerId: "pol_1", expectVersion: 0, patch: {}, items, told: [] });
    });

    it("are known by what they are compared by, those that are gone too", async () => {
      const print = (key: string) => {
        const { fingerprint, states } = anItem(key);
        return { key, fingerprint, states };
      };
      const known = await store.pollers.known("pol_1", ["c", "b", "none"]);
      expect(known.toSorted((a, b) => a.n - b.n)).toEqual([
        { ...print("b"), n: 2, states: { "a.b": { matching: true, told: 2 } }, status: "present" },
        { ...print("c"), n: 3, status: "dismissed" },
      ]);
      expect(await store.pollers.known("pol_2", ["a"])).toEqual([]);
    });

    it("are read by number", async () => {
      expect(await store.pollers.numbered([2, 9])).toMatchObject([{ n: 2, key: "b" }]);
    });

    it("are not among those that may be missing once they are dismissed", async () => {
      expect(await store.pollers.itemNumbers("pol_1", 0, 10)).toEqual([1, 2]);
    });
  });

  describe("pages", () => {
    const cut = { head: 9, anchor: 0, blocks: [{ bytes: 5, records: 1, digest: "d", start: "{", items: [[1, 1]] }] };
    const page = (cursor: string, more: Partial<StoredPage> = {}): StoredPage => ({
      cursor,
      digest: "d1",
      next: "0:b",
      records: 2,
      items: [[1, 2]],
      dueAt: null,
      cut: null,
      ...more,
    });
    const act = { pollerId: "pol_1", patch: {}, items: [], told: [] };
    beforeEach(async () => {
      await store.pollers.create(aPoller("pol_1"));
      const pages = [page(""), page("0:b", { next: null, dueAt: NOW, cut: cut as StoredPage["cut"] })];
      await store.commitPoll({ ...act, expectVersion: 0, pages });
    });

    it("are read by cursor, their pieces apart from them", async () => {
      const { cut: _, ...whole } = page("0:b", { next: null, dueAt: NOW });
      expect(await store.pollers.page("pol_1", "0:b")).toEqual(whole);
      expect([await store.pollers.pageCut("pol_1", "0:b"), await store.pollers.pageCut("pol_1", "")]).toEqual([
        cut,
        null,
      ]);
      expect([await store.pollers.page("pol_1", "none"), await store.pollers.page("pol_2", "")]).toEqual([null, null]);
    });

    it("are replaced and dropped by cursor", async () => {
      await store.commitPoll({ ...act, expectVersion: 1, pages: [page("", { digest: "d2" })], dropPages: ["0:b"] });
      expect(await store.pollers.page("pol_1", "")).toMatchObject({ digest: "d2" });
      expect(await store.pollers.pageCursors("pol_1")).toEqual([""]);
    });

    it("are found among many cursors", async () => {
      expect(await store.pollers.pagesAmong("pol_1", ["x", "0:b", ""])).toHaveLength(2);
      expect(await store.pollers.pagesAmong("pol_2", ["0:b"])).toEqual([]);
    });

    it("go with the items", async () => {
      await store.commitPoll({ ...act, expectVersion: 1, clearItems: true });
      expect(await store.pollers.pageCursors("pol_1")).toEqual([]);
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
