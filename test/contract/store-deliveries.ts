import { beforeEach, describe, expect, it } from "vitest";
import type { Attempt } from "../../src/model/delivery.ts";
import type { EventFilter, Store } from "../../src/store/contract.ts";
import type { DeliveryFilter } from "../../src/store/delivery-store.ts";
import { aDelivery, anAttempt, anEvent, aSubscription, delivered, NOW, told } from "../support/store-rows.ts";

/** Reading what was told, and acting on deliveries by hand. */
export function deliverySuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
    await store.subscriptions.create(aSubscription("sub_1"));
    await store.subscriptions.create(aSubscription("sub_2", { owner: "key_2" }));
  });
  const due = () => store.jobs.due("deliver", "sub_1", NOW + 1e9, 10);

  it("events are loaded by id, many at once, and those that are not there are left out", async () => {
    await store.commitEvents({ told: [told(1), told(2), told(3)], deliveries: [], jobs: [] });
    const found = await store.events.load(["evt_3", "evt_1", "evt_9"]);
    expect([...found.keys()].sort()).toEqual(["evt_1", "evt_3"]);
    expect(found.get("evt_3")).toMatchObject({ id: "evt_3", seq: 3 });
    expect(await store.events.load([])).toEqual(new Map());
    expect(await store.events.get("evt_9")).toBeNull();
  });

  describe("a delivery that was just made", () => {
    const tell = async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      return Number((await due())[0]!.payload);
    };

    it("is given once, as it would be loaded", async () => {
      const n = await tell();
      const given = store.deliveries.justMade(n);
      expect(given).toEqual((await store.deliveries.load([n])).get(n));
      expect(store.deliveries.justMade(n)).toBeUndefined();
    });

    it("is not given as it was before it was cancelled, or sent by hand", async () => {
      const first = await tell();
      await store.deliveries.cancel("dlv_1", NOW);
      expect(store.deliveries.justMade(first)).toBeUndefined();
      await store.commitEvents({ told: [told(2)], deliveries: [], jobs: [] });
      await store.deliveries.retry(aDelivery("dlv_2"), NOW);
      expect(store.deliveries.justMade(first + 1)).toBeUndefined();
    });
  });

  it("what ends without a try is told once, by how many", async () => {
    const ends: [string, number][] = [];
    store.deliveries.onEnded((status, count) => void ends.push([status, count]));
    const skipped = told(9, { event: { dedupeKey: "once" }, delivery: { status: "skipped" } });
    const tell = () => store.commitEvents({ told: [skipped], deliveries: [], jobs: [] });
    await tell();
    await tell(); // it is known, and makes no delivery again
    expect(ends.splice(0)).toEqual([["skipped", 1]]);
    await store.commitEvents({ told: [told(1), told(2), told(3)], deliveries: [], jobs: [] });
    await store.deliveries.cancel("dlv_1", NOW);
    await store.deliveries.cancel("dlv_1", NOW);
    expect(ends.splice(0)).toEqual([["cancelled", 1]]);
    await store.subscriptions.delete("sub_1", NOW);
    expect(ends).toEqual([["cancelled", 2]]);
  });

  it("events are filtered by type, connection, reader and time", async () => {
    const made = [
      anEvent("evt_1", { timestamp: NOW + 1 }),
      anEvent("evt_2", { timestamp: NOW + 2, type: "files.deleted" }),
      anEvent("evt_3", { timestamp: NOW + 3, connectionId: "con_2" }),
      anEvent("evt_4", { timestamp: NOW, connectionId: "con_3" }), // committed last, with an earlier time
    ];
    const tell = made.map((event) => ({ event, deliveries: [], jobs: [] }));
    await store.commitEvents({ told: tell, deliveries: [], jobs: [] });
    const ids = async (filter: Partial<EventFilter>) =>
      (await store.events.list({ limit: 10, connections: null, ...filter })).items
        .map(({ id }) => id.slice(4))
        .join("");
    expect(await ids({})).toBe("4321");
    expect(await ids({ type: "files.deleted" })).toBe("2");
    expect(await ids({ connectionId: "con_1" })).toBe("21");
    expect(await ids({ connections: ["con_3", "con_1", "con_1"] })).toBe("421");
    expect(await ids({ connections: [] })).toBe("");
    expect(await ids({ connections: ["con_1"], connectionId: "con_2" })).toBe("");
    expect(await ids({ connections: ["con_1", "con_2"], connectionId: "con_2" })).toBe("3");
    expect(await ids({ since: NOW + 2 })).toBe("32");
    expect(await ids({ until: NOW + 2 })).toBe("41");
    expect(await ids({ since: NOW + 1, until: NOW + 3, type: "files.created" })).toBe("1");
    expect(await ids({ since: NOW + 9 })).toBe("");
    expect(await ids({ until: NOW - 9 })).toBe("");
  });

  it("deliveries are filtered by everything the contract names", async () => {
    const deliveries = [
      aDelivery("dlv_1", { createdAt: NOW + 1 }),
      aDelivery("dlv_2", { createdAt: NOW + 2, status: "delivered", eventId: "evt_2" }),
      aDelivery("dlv_3", { createdAt: NOW + 3, status: "failed", subscriptionId: "sub_2" }),
      aDelivery("dlv_4", { createdAt: NOW, eventType: "models.created", subscriptionId: "sub_2", eventId: "evt_4" }),
    ];
    await store.commitEvents({ told: [], deliveries, jobs: [] });
    const ids = async (filter: Partial<DeliveryFilter>) => {
      const page = await store.deliveries.list({ limit: 10, owner: null, ...filter });
      expect(await store.deliveries.count({ owner: null, ...filter })).toBe(page.items.length);
      return page.items.map(({ id }) => id.slice(4)).join("");
    };
    expect(await ids({})).toBe("3214");
    expect(await ids({ status: "pending" })).toBe("14");
    expect(await ids({ status: "delivered" })).toBe("2");
    expect(await ids({ status: "failed", owner: "key_1" })).toBe("");
    expect(await ids({ owner: "key_2" })).toBe("34");
    expect(await ids({ subscriptionId: "sub_1" })).toBe("21");
    expect(await ids({ eventId: "evt_2" })).toBe("2");
    expect(await ids({ types: ["models.created"] })).toBe("4");
    expect(await ids({ types: ["files.*"] })).toBe("321");
    expect(await ids({ types: ["models.*", "files.created"], until: NOW + 2 })).toBe("14");
    expect(await ids({ types: ["*"] })).toBe("3214");
    expect(await ids({ types: [] })).toBe("3214");
    expect(await ids({ types: ["skills.*"] })).toBe("");
    expect(await ids({ types: ["skills.created"] })).toBe("");
    expect(await ids({ since: NOW + 1, until: NOW + 3 })).toBe("21");
    expect(await store.deliveries.counts()).toEqual({ pending: 2, delivered: 1, failed: 1, skipped: 0, cancelled: 0 });
  });

  it("a delivery is read by its owner and by nobody else", async () => {
    await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
    expect(await store.deliveries.get("dlv_1", "key_1")).toEqual(aDelivery("dlv_1"));
    expect(await store.deliveries.get("dlv_1", null)).toEqual(aDelivery("dlv_1"));
    expect(await store.deliveries.get("dlv_1", "key_2")).toBeNull();
    expect(await store.deliveries.get("dlv_9")).toBeNull();
  });

  it("deliveries are loaded with their events", async () => {
    await store.commitEvents({
      told: [told(1), told(2)],
      deliveries: [aDelivery("dlv_3", { subscriptionId: "sub_2" })],
      jobs: [],
    });
    const leases = [...(await due()), ...(await store.jobs.due("deliver", "sub_2", NOW, 10))];
    const [first, second, third] = leases.map((lease) => Number(lease.payload)) as [number, number, number];
    const found = await store.deliveries.load([second, third, 99]);
    expect([...found.keys()].sort()).toEqual([second, third]);
    expect(found.get(third)).toEqual({
      delivery: aDelivery("dlv_3", { subscriptionId: "sub_2" }),
      event: await store.events.get("evt_1"),
      manualTry: null,
    });
    await store.deliveries.retry(aDelivery("dlv_1"), NOW);
    expect((await store.deliveries.load([first])).get(first)).toMatchObject({ manualTry: 1 });
  });

  describe("retry", () => {
    it("makes a settled delivery pending and due now", async () => {
      const settled = told(1, {
        delivery: { status: "failed", reason: "exhausted", attempts: 10, nextAttemptAt: null },
      });
      await store.commitEvents({ told: [settled], deliveries: [], jobs: [] });
      const retried = aDelivery("dlv_1", {
        attempts: 10,
        triedBefore: 10,
        nextAttemptAt: NOW + 50,
        updatedAt: NOW + 50,
      });
      expect(await store.deliveries.retry(aDelivery("dlv_1"), NOW + 50)).toEqual(retried);
      expect(await due()).toMatchObject([{ dueAt: NOW + 50, group: "sub_1" }]);
    });

    it("hastens a pending one; its attempt under way can still write", async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      const [lease] = await due();
      await store.jobs.finish(lease!, NOW + 60_000);
      await store.deliveries.retry(aDelivery("dlv_1"), NOW + 50);
      await store.deliveries.retry(aDelivery("dlv_1"), NOW + 51);
      expect(await due()).toEqual([{ ...lease, fence: 1, dueAt: NOW + 51 }]);
    });

    it("says so when there is no such delivery", async () => {
      await expect(store.deliveries.retry(aDelivery("dlv_1"), NOW)).rejects.toMatchObject({ code: "not_found" });
      expect(await due()).toEqual([]);
    });
  });

  it.each([
    ["when its turn comes sooner", NOW + 10, NOW + 60_000],
    ["at once when its turn comes later", NOW + 90_000, NOW + 90_000],
    ["no longer than it would have waited, after the clock was put back", NOW - 3_600_000, NOW - 3_540_000],
  ])("one behind another waits for its own first delay %s", async (_, endedAt, dueAt) => {
    const lane = "a";
    const later = { lane, nextAttemptAt: NOW + 60_000 };
    await store.commitEvents({
      told: [told(1, { delivery: { lane } }), told(2, { delivery: later })],
      deliveries: [],
      jobs: [],
    });
    expect(await store.deliveries.get("dlv_2")).toMatchObject({ nextAttemptAt: null });
    const [lease] = await store.jobs.due("deliver", "sub_1", NOW, 1);
    const delivery = { ...delivered("dlv_1"), updatedAt: endedAt };
    await store.commitAttempt({ lease: lease!, attempt: null, delivery, inOrder: true, told: [] });
    expect(await store.deliveries.get("dlv_2")).toMatchObject({ nextAttemptAt: dueAt });
  });

  it("those behind another of their lane are counted, up to so many", async () => {
    const lanes = ["a", "a", "a", "b", "b", null, null];
    const deliveries = lanes.map((lane, n) => told(n, { delivery: { lane } }));
    const other = told(9, { delivery: { lane: "a", subscriptionId: "sub_2" } });
    await store.commitEvents({ told: [...deliveries, other], deliveries: [], jobs: [] });
    expect(await store.deliveries.behind("sub_1", 100)).toBe(3);
    expect(await store.deliveries.behind("sub_1", 2)).toBe(2);
    expect(await store.deliveries.behind("sub_2", 100)).toBe(0);
  });

  describe("cancel", () => {
    it("ends a pending delivery; of its attempt under way only that it was made is kept", async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      const [lease] = await due();
      const cancelled = aDelivery("dlv_1", {
        status: "cancelled",
        reason: "cancelled",
        nextAttemptAt: null,
        updatedAt: NOW + 9,
      });
      expect(await store.deliveries.cancel("dlv_1", NOW + 9)).toEqual(cancelled);
      const late = (attempt: Attempt, status: "delivered" | "pending") => {
        const { reason: _, ...outcome } = { ...cancelled, attempts: 1, status, updatedAt: NOW + 10 };
        const nextAttemptAt = status === "pending" ? NOW + 60 : null;
        return store.commitAttempt({
          lease: lease!,
          attempt,
          delivery: { ...outcome, reason: null, nextAttemptAt },
          told: [],
        });
      };
      const attempt = anAttempt("att_1", "dlv_1");
      expect(await late(attempt, "pending")).toBe("committed");
      const kept = { ...cancelled, attempts: 1 };
      expect(await store.deliveries.get("dlv_1")).toEqual(kept);
      expect(await store.deliveries.attempts("dlv_1")).toEqual([attempt]);
      expect(await due()).toEqual([]);
      expect(await late(anAttempt("att_2", "dlv_1"), "delivered")).toBe("stale");
      expect(await store.deliveries.get("dlv_1")).toEqual(kept);
    });

    it("lets an attempt that was under way count once the delivery was sent again: it was lost", async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      const [lease] = await due();
      await store.deliveries.cancel("dlv_1", NOW + 9);
      const again = await store.deliveries.retry(aDelivery("dlv_1"), NOW + 10);
      const outcome = { ...again, status: "delivered", attempts: 1, nextAttemptAt: null } as const;
      const late = { lease: lease!, attempt: anAttempt("att_1", "dlv_1"), delivery: outcome, told: [] };
      expect(await store.commitAttempt(late)).toBe("committed");
      expect(await store.deliveries.get("dlv_1")).toEqual(outcome);
      expect(await store.deliveries.attempts("dlv_1")).toEqual([late.attempt]);
    });

    it("leaves nothing to be put off by who had it under way", async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      const [lease] = await due();
      const cancelled = await store.deliveries.cancel("dlv_1", NOW + 9);
      expect(await store.jobs.finish(lease!, NOW + 50)).toBe("stale");
      expect(await store.deliveries.get("dlv_1")).toEqual(cancelled);
    });

    it("leaves a settled one as it is, and knows when there is none", async () => {
      await store.commitEvents({ told: [told(1, { delivery: { status: "failed" } })], deliveries: [], jobs: [] });
      expect(await store.deliveries.cancel("dlv_1", NOW + 9)).toEqual(aDelivery("dlv_1", { status: "failed" }));
      expect(await store.deliveries.cancel("dlv_9", NOW + 9)).toBeNull();
    });
  });
}
