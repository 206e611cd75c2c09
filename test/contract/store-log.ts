import { beforeEach, describe, expect, it } from "vitest";
import { encodeCursor } from "../../src/kernel/page.ts";
import type { Store } from "../../src/store/contract.ts";
import { aKey, NOW, told } from "../support/store-rows.ts";

/** The log as those see it who follow it. */
export function logSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });
  const tell = (...numbers: number[]) =>
    store.commitEvents({
      told: numbers.map((n) => ({ ...told(n, { event: { timestamp: NOW + n } }), deliveries: [], jobs: [] })),
      deliveries: [],
      jobs: [],
    });
  const forward = async (page: { limit: number; cursor?: string; connections?: string[] }) => {
    const { items, nextCursor } = await store.events.list({ connections: null, order: "asc", ...page });
    return { ids: items.map(({ id }) => id), nextCursor };
  };

  describe("the log of events", () => {
    it("is read forward page by page, of all connections and of some", async () => {
      await tell(1, 2);
      await tell(3);
      for (const connections of [undefined, ["con_1", "con_2"]]) {
        const page = { limit: 2, ...(connections && { connections }) };
        const first = await forward(page);
        expect(first).toEqual({ ids: ["evt_1", "evt_2"], nextCursor: encodeCursor(2) });
        expect(await forward({ ...page, cursor: encodeCursor(2) })).toEqual({ ids: ["evt_3"], nextCursor: null });
        expect(await forward({ ...page, cursor: encodeCursor(3) })).toEqual({ ids: [], nextCursor: null });
      }
    });

    it("knows its ends, also when nothing is left of it", async () => {
      expect(await store.events.ends()).toEqual({ last: 0, pruned: 0, removals: [] });
      await tell(1, 2, 3);
      expect(await store.events.ends()).toEqual({ last: 3, pruned: 0, removals: [] });
      await store.prune(NOW + 3, 1);
      expect(await store.events.ends()).toEqual({ last: 3, pruned: 1, removals: [{ count: 1, seq: 1 }] });
      await store.prune(NOW + 9, 10);
      expect(await store.events.ends()).toEqual({ last: 3, pruned: 3, removals: [{ count: 2, seq: 3 }] });
      await store.prune(NOW + 9, 10);
      await tell(4);
      const { last, ...gone } = await store.events.ends();
      expect(gone).toEqual({ pruned: 3, removals: [{ count: 2, seq: 3 }] });
      expect(last).toBeGreaterThan(3);
    });

    it("tells of an event when it can be read, and of none that was known", async () => {
      const seen: number[] = [];
      store.events.onStored(() => void store.events.ends().then(({ last }) => seen.push(last)));
      await tell(1);
      await tell(1);
      await tell(2);
      await new Promise((resolve) => setImmediate(resolve));
      expect(seen).toHaveLength(2);
      expect(seen[0]).toBe(1);
    });
  });

  it("tells of a key that changed, once it has", async () => {
    await store.keys.create(aKey("key_1"));
    const changed: string[] = [];
    store.keys.onUpdated((id) => changed.push(id));
    await store.keys.update("key_1", { revokedAt: NOW }, false, NOW);
    await store.keys.update("key_2", { revokedAt: NOW }, false, NOW);
    expect(changed).toEqual(["key_1"]);
  });
}
