import { beforeEach, describe, expect, it } from "vitest";
import type { Delivery, DeliveryStatus } from "../../src/model/delivery.ts";
import type { Replay } from "../../src/model/replay.ts";
import type { Resend } from "../../src/store/acts.ts";
import type { Store } from "../../src/store/contract.ts";
import { aDelivery, anEvent, aRun, aSubscription, NOW } from "../support/store-rows.ts";

const REPLAY: Replay = {
  subscriptionId: "sub_1",
  statuses: ["failed"],
  types: null,
  since: null,
  until: NOW + 100,
  limit: 10,
  rate: 1,
  dryRun: false,
  step: "count",
  source: "deliveries",
  after: null,
  total: 0,
  done: 0,
  capped: false,
};

/** What a replay reads and writes. */
export function replaySuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
    await store.subscriptions.create(aSubscription("sub_1"));
  });

  /** Stores an event with a delivery to `sub_1` that came to an end (or none). */
  async function ended(n: number, status: DeliveryStatus | null, more: Partial<Delivery> = {}): Promise<void> {
    const id = String(n);
    const event = anEvent(`evt_${id}`, more.eventType === undefined ? {} : { type: more.eventType });
    const time = { createdAt: NOW + n, updatedAt: NOW + n, nextAttemptAt: null };
    const made = status && aDelivery(`dlv_${id}`, { eventId: event.id, status, attempts: 2, ...time, ...more });
    await store.commitEvents({ told: [{ event, deliveries: made ? [made] : [], jobs: [] }], deliveries: [], jobs: [] });
  }

  const resend = (n: number, was: DeliveryStatus | null, more: Partial<Delivery> = {}): Resend => ({
    delivery: aDelivery(`dlv_${n}`, {
      eventId: `evt_${n}`,
      attempts: was === null ? 0 : 2,
      triedBefore: was === null ? 0 : 2,
      nextAttemptAt: NOW + 50,
      updatedAt: NOW + 50,
      ...more,
    }),
    was,
  });
  const dueIds = async () => {
    const numbers = (await store.jobs.due("deliver", "sub_1", NOW + 99, 10)).map(({ payload }) => Number(payload));
    return [...(await store.deliveries.load(numbers)).values()].map(({ delivery }) => delivery.id);
  };

  describe("deliveries that came to an end", () => {
    const idsOf = async (more: Partial<Parameters<Store["deliveries"]["ended"]>[0]> = {}) => {
      const all = { subscriptionId: "sub_1", statuses: ["failed"], types: null, since: null, until: NOW + 99 } as const;
      return (await store.deliveries.ended({ ...all, limit: 10, ...more })).items.map(({ id }) => id);
    };

    it("are read oldest first, by status, type and time, a page after the other", async () => {
      await ended(1, "failed");
      await ended(2, "skipped", { eventType: "skills.created" });
      await ended(3, "delivered");
      await ended(4, "failed", { eventType: "filesystem.created" });
      await ended(5, "pending");
      await ended(6, "cancelled", { eventType: "tidewire.delivery.exhausted" });
      await ended(7, "failed", { subscriptionId: "sub_2" });
      expect(await idsOf()).toEqual(["dlv_1", "dlv_4"]);
      const statuses = ["failed", "skipped", "cancelled", "delivered"] as const;
      expect(await idsOf({ statuses })).toEqual(["dlv_1", "dlv_2", "dlv_3", "dlv_4", "dlv_6"]);
      expect(await idsOf({ statuses, types: ["files.*", "skills.created"] })).toEqual(["dlv_1", "dlv_2", "dlv_3"]);
      expect(await idsOf({ statuses, types: ["*"] })).toEqual(["dlv_1", "dlv_2", "dlv_3", "dlv_4"]);
      expect(await idsOf({ statuses, since: NOW + 2, until: NOW + 4 })).toEqual(["dlv_2", "dlv_3"]);
      const first = await store.deliveries.ended({ ...REPLAY, statuses, limit: 2 });
      expect(first.items.map(({ id }) => id)).toEqual(["dlv_1", "dlv_2"]);
      expect(await idsOf({ statuses, cursor: first.nextCursor as string })).toEqual(["dlv_3", "dlv_4", "dlv_6"]);
    });

    it("are found by their events", async () => {
      await ended(1, "failed");
      await ended(2, null);
      await ended(3, "failed", { subscriptionId: "sub_2" });
      const found = await store.deliveries.ofEvents("sub_1", ["evt_1", "evt_2", "evt_3"]);
      expect([...found.keys()]).toEqual(["evt_1"]);
    });

    it("are counted as missed from the time when they were skipped", async () => {
      const statuses = ["skipped"];
      expect(await store.deliveries.missed("sub_1", NOW)).toBeNull();
      await ended(1, "skipped", { updatedAt: NOW + 20 });
      await ended(2, "skipped", { updatedAt: NOW + 30 });
      await ended(3, "failed", { updatedAt: NOW + 30 });
      expect(await store.deliveries.missed("sub_1", NOW)).toEqual({ statuses, count: 2, first: NOW + 1 });
      expect(await store.deliveries.missed("sub_1", NOW + 21)).toEqual({ statuses, count: 1, first: NOW + 2 });
    });

    it("are counted as missed, with all that failed since, when their failure disabled the subscription", async () => {
      await ended(1, "failed", { updatedAt: NOW + 30, reason: "exhausted" });
      await ended(2, "failed", { updatedAt: NOW + 30, reason: "gone" });
      await ended(3, "skipped", { updatedAt: NOW + 30 });
      await ended(4, "failed", { updatedAt: NOW + 30, reason: "exhausted" });
      const statuses = ["skipped", "failed"];
      expect(await store.deliveries.missed("sub_1", NOW)).toEqual({ statuses, count: 3, first: NOW + 2 });
    });
  });

  describe("resend", () => {
    it("makes them pending and due, made ones with the owner of the subscription", async () => {
      await ended(1, "failed", { reason: "exhausted" });
      await ended(2, null);
      const both = [resend(1, "failed"), resend(2, null)];
      expect(await store.deliveries.resend(both)).toBe(2);
      for (const { delivery } of both) {
        const { createdAt: _, ...as } = delivery;
        expect(await store.deliveries.get(delivery.id, "key_1")).toMatchObject(as);
      }
      expect(await dueIds()).toEqual(["dlv_1", "dlv_2"]);
    });

    it("leaves alone what changed since it was read", async () => {
      await ended(1, "delivered");
      await ended(2, "failed", { attempts: 3 });
      await ended(3, "pending");
      await ended(4, "failed");
      const stale = [resend(1, "failed"), resend(2, "failed"), resend(3, null, { id: "dlv_x" }), resend(9, "failed")];
      expect(await store.deliveries.resend([...stale, resend(4, "failed")])).toBe(1);
      expect((await store.deliveries.get("dlv_1"))?.status).toBe("delivered");
      expect((await store.deliveries.get("dlv_2"))?.status).toBe("failed");
      expect(await store.deliveries.get("dlv_x")).toBeNull();
      expect(await dueIds()).toEqual(["dlv_4"]);
    });

    it("of a single one: what had ended begins its schedule anew, what is pending goes on with it", async () => {
      await ended(1, "failed");
      await ended(2, "pending", { triedBefore: 1 });
      expect(await store.deliveries.retry(aDelivery("dlv_1"), NOW)).toMatchObject({ attempts: 2, triedBefore: 2 });
      expect(await store.deliveries.retry(aDelivery("dlv_2"), NOW)).toMatchObject({ attempts: 2, triedBefore: 1 });
    });
  });

  describe("the run of a replay", () => {
    const create = (more = {}) => store.runs.create(aRun("job_1", { connectionId: "", replay: REPLAY, ...more }));
    const lease = async () => (await store.jobs.due("replay", "sub_1", NOW, 9))[0];

    it("has its job among those of its subscription, and is cancelled with it", async () => {
      await create();
      expect(await store.runs.get("job_1")).toMatchObject({ replay: REPLAY });
      expect(await lease()).toMatchObject({ payload: "job_1" });
      expect(await store.runs.cancel("job_1", NOW)).toMatchObject({ state: "cancelled" });
      expect(await lease()).toBeUndefined();
    });

    it("is listed for readers of any connection when it is of none", async () => {
      await create({ scope: "subscriptions" });
      const reader = { owner: null, scopes: ["subscriptions"], limit: 9 } as const;
      expect((await store.runs.list({ ...reader, connections: ["con_9"] })).items).toMatchObject([{ id: "job_1" }]);
    });

    it("sends and goes on in one commit; of two from the same version one writes nothing", async () => {
      await create();
      await ended(1, "failed");
      const held = await lease();
      const step = (n: number) =>
        store.commitRun({
          id: "job_1",
          expectVersion: 0,
          patch: { state: "running", replay: { ...REPLAY, done: n } },
          job: { lease: held!, next: NOW },
          told: [],
          resends: [resend(1, "failed")],
        });
      expect(await Promise.all([step(1), step(2)])).toEqual(["committed", "stale"]);
      expect(await store.runs.get("job_1")).toMatchObject({ version: 1, replay: { done: 1 } });
      expect(await dueIds()).toEqual(["dlv_1"]);
      expect(await lease()).toMatchObject({ fence: 1 });
    });
  });
}
