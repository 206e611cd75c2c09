import { beforeEach, describe, expect, it } from "vitest";
import { encodeCursor, type Page, type PageRequest } from "../../src/kernel/page.ts";
import type { Store } from "../../src/store/contract.ts";
import { aConnection, aDelivery, aKey, anEvent, aPoller, aRun, aSubscription, NOW } from "../support/store-rows.ts";

const COUNT = 7;
const number = (i: number) => String(i).padStart(3, "0");

/** Pages by cursor: no row missed and none doubled, also while rows are added. */
export function pagingSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });

  const tell = async (i: number) => {
    const event = anEvent(`evt_${number(i)}`, { connectionId: `con_${i % 2}` });
    await store.commitEvents({ told: [{ event, deliveries: [], jobs: [] }], deliveries: [], jobs: [] });
  };
  // Two of each millisecond, so that the time alone does not tell where a page ended.
  const deliver = (i: number) => {
    const delivery = aDelivery(`dlv_${number(i)}`, {
      eventId: `evt_${i}`,
      createdAt: NOW + Math.floor(i / 2),
      subscriptionId: "sub_000",
    });
    return store.commitEvents({ told: [], deliveries: [delivery], jobs: [] });
  };
  const listings: [
    name: string,
    add: (i: number) => Promise<unknown>,
    list: (page: PageRequest) => Promise<Page<object>>,
    newestFirst: boolean,
  ][] = [
    [
      "connections",
      (i) => store.connections.create(aConnection(`con_${number(i)}`), []),
      (p) => store.connections.list({ ...p, ids: null }),
      false,
    ],
    ["keys", (i) => store.keys.create(aKey(`key_${number(i)}`)), (p) => store.keys.list(p), false],
    [
      "subscriptions",
      (i) => store.subscriptions.create(aSubscription(`sub_${number(i)}`)),
      (p) => store.subscriptions.list({ ...p, owner: "key_1" }),
      false,
    ],
    [
      "pollers",
      (i) => store.pollers.create(aPoller(`pol_${number(i)}`)),
      (p) => store.pollers.list({ ...p, connections: ["con_1"] }),
      false,
    ],
    ["events", tell, (p) => store.events.list({ ...p, connections: null }), true],
    ["events of several connections", tell, (p) => store.events.list({ ...p, connections: ["con_0", "con_1"] }), true],
    [
      "runs",
      (i) => store.runs.create(aRun(`job_${number(i)}`)),
      (p) => store.runs.list({ ...p, owner: "key_1", connections: null, scopes: ["actions:write"] }),
      true,
    ],
    ["deliveries", deliver, (p) => store.deliveries.list({ ...p, owner: null }), true],
    ["deliveries of a status", deliver, (p) => store.deliveries.list({ ...p, owner: null, status: "pending" }), true],
  ];

  describe.each(listings)("pages of %s", (_name, add, list, newestFirst) => {
    it.each([1, 3, COUNT])("of %i rows hold each row once, though rows are added meanwhile", async (limit) => {
      await Promise.all(Array.from({ length: COUNT }, (_, i) => add(i)));
      const first = (await list({ limit: 200 })).items;
      const seen: object[] = [];
      let cursor: string | null | undefined;
      let added = COUNT;
      while (cursor !== null) {
        const page: Page<object> = await list(cursor === undefined ? { limit } : { limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        cursor = page.nextCursor;
        if (added < COUNT + 3) await add(added++);
      }
      expect(first).toHaveLength(COUNT);
      if (newestFirst) expect(seen).toEqual(first);
      else expect(seen).toEqual((await list({ limit: 200 })).items.slice(0, seen.length));
      expect(seen.length).toBeGreaterThanOrEqual(COUNT);
    });

    it("refuse a cursor of another listing", async () => {
      const cursor = encodeCursor(newestFirst ? "con_1" : 5);
      await expect(list({ limit: 5, cursor })).rejects.toMatchObject({ code: "invalid_cursor" });
    });
  });
}
