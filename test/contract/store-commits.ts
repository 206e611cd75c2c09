import { beforeEach, describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { Lease } from "../../src/model/job.ts";
import type { Store } from "../../src/store/contract.ts";
import {
  aDelivery,
  aJob,
  anAttempt,
  anEvent,
  anItem,
  aPoller,
  aSubscription,
  aSweep,
  delivered,
  NOW,
  told,
} from "../support/store-rows.ts";

/** A value of a type that no database takes, so that the step that holds it fails. */
const POISON = Symbol("no database takes this") as unknown as string;

/** The great acts: whole or not at all, stale when another came first, told once. */
export function commitSuite(make: () => Promise<Store>): void {
  let store: Store;
  const events = async () => (await store.events.list({ limit: 200, connections: null })).items;
  const deliveries = async () => (await store.deliveries.list({ limit: 200, owner: null })).items;
  const leases = () => store.jobs.due("deliver", "sub_1", NOW + 1e9, 1_000);
  const theLease = async () => (await leases())[0] as Lease;

  beforeEach(async () => {
    store = await make();
    await store.subscriptions.create(aSubscription("sub_1"));
  });

  describe("commitEvents", () => {
    it("stores events in the order of the commit, with deliveries and jobs", async () => {
      expect(await store.commitEvents({ told: [told(1), told(2)], deliveries: [], jobs: [] })).toBe("committed");
      const [second, first] = await events();
      const { dedupeKey: _, ...event } = anEvent("evt_1");
      expect(first).toEqual({ ...event, seq: 1 });
      expect(second?.seq).toBe(2);
      expect(await deliveries()).toEqual([aDelivery("dlv_2", { eventId: "evt_2" }), aDelivery("dlv_1")]);
      expect(await leases()).toEqual([
        { jobId: 1, queue: "deliver", group: "sub_1", fence: 0, dueAt: NOW, payload: 1 },
        { jobId: 2, queue: "deliver", group: "sub_1", fence: 0, dueAt: NOW, payload: 2 },
      ]);
    });

    it("tells an event once: a known dedupe key writes nothing of it and all of the others", async () => {
      await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      const again = told(7, { event: { dedupeKey: "dedupe evt_1" } });
      expect(await store.commitEvents({ told: [again, told(2)], deliveries: [], jobs: [] })).toBe("committed");
      expect((await events()).map((e) => e.id)).toEqual(["evt_2", "evt_1"]);
      expect((await deliveries()).map((d) => d.id)).toEqual(["dlv_2", "dlv_1"]);
      expect(await leases()).toHaveLength(2);
    });

    it("writes nothing at all when a step fails", async () => {
      const broken = told(2, { delivery: { reason: POISON } });
      await expect(store.commitEvents({ told: [told(1), broken], deliveries: [], jobs: [] })).rejects.toThrow();
      expect(await events()).toEqual([]);
      expect(await deliveries()).toEqual([]);
      expect(await leases()).toEqual([]);
    });

    it("fails a bad commit alone, though others were handed over in the same tick", async () => {
      const broken = told(2, { delivery: { reason: POISON } });
      const outcomes = await Promise.allSettled(
        [told(1), broken, told(3)].map((one) => store.commitEvents({ told: [one], deliveries: [], jobs: [] })),
      );
      expect(outcomes.map((o) => o.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
      expect((await events()).map((e) => e.id)).toEqual(["evt_3", "evt_1"]);
    });

    it("finishes its job and adds deliveries of a stored event", async () => {
      await store.commitEvents({
        told: [told(1)],
        deliveries: [],
        jobs: [aJob("chunk", { queue: "fan_out", group: "con_1" })],
      });
      const [lease] = await store.jobs.due("fan_out", "con_1", NOW, 10);
      const chunk = {
        told: [],
        deliveries: [aDelivery("dlv_2", { subscriptionId: "sub_2" })],
        jobs: [],
        lease,
      };
      expect(await store.commitEvents(chunk)).toBe("committed");
      expect(await store.commitEvents(chunk)).toBe("stale");
      expect((await deliveries()).map((d) => d.id)).toEqual(["dlv_2", "dlv_1"]);
      expect(await store.jobs.groups("fan_out")).toEqual([]);
    });

    it.each<Json>([null, false, 0, "", "\u0000 \u2028 \ud800", [], {}, { a: [null, 1e300, -0.5] }])(
      "gives back the data %j as it was",
      async (data) => {
        const event = anEvent("evt_1", { data, previous: { was: data } });
        await store.commitEvents({ told: [{ event, deliveries: [], jobs: [] }], deliveries: [], jobs: [] });
        expect(await store.events.get("evt_1")).toMatchObject({ data, previous: { was: data } });
      },
    );
  });

  describe("commitAttempt", () => {
    beforeEach(() => store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] }));

    it("stores the attempt and the outcome and ends the job", async () => {
      const attempt = anAttempt("att_1", "dlv_1");
      const lease = await theLease();
      expect(await store.commitAttempt({ lease, attempt, delivery: delivered("dlv_1"), told: [] })).toBe("committed");
      expect(await store.deliveries.get("dlv_1")).toEqual({ ...aDelivery("dlv_1"), ...delivered("dlv_1") });
      expect(await store.deliveries.attempts("dlv_1")).toEqual([attempt]);
      expect(await leases()).toEqual([]);
    });

    it("makes the job due again with another fence", async () => {
      const lease = await theLease();
      const waiting = { ...delivered("dlv_1"), status: "pending", nextAttemptAt: NOW + 5_000 } as const;
      await store.commitAttempt({ lease, attempt: null, delivery: waiting, told: [] });
      expect(await store.jobs.due("deliver", "sub_1", NOW, 10)).toEqual([]);
      expect(await leases()).toEqual([{ ...lease, dueAt: NOW + 5_000, fence: 1 }]);
    });

    it("keeps every attempt, whichever it is", async () => {
      const long = "ünïcode \u0000 ".repeat(1_000);
      const tries = [1, 2, 3].map((number) =>
        anAttempt(`att_${number}`, "dlv_1", {
          number,
          class: "http_5xx",
          status: 500,
          error: "no",
          responseBody: long,
        }),
      );
      for (const attempt of tries) {
        const attempts = attempt.number;
        const delivery = { ...delivered("dlv_1"), status: "pending", attempts, nextAttemptAt: NOW } as const;
        expect(await store.commitAttempt({ lease: await theLease(), attempt, delivery, told: [] })).toBe("committed");
      }
      expect(await store.deliveries.attempts("dlv_1")).toEqual(tries);
      expect((await deliveries()).map((d) => d.attempts)).toEqual([3]);
    });

    it("writes nothing for a worker that lost its lease", async () => {
      const lease = await theLease();
      await store.jobs.fence(lease);
      const outcome = { lease, attempt: anAttempt("att_1", "dlv_1"), delivery: delivered("dlv_1") };
      const subscription = {
        id: "sub_1",
        tried: aSubscription("sub_1"),
        patch: { consecutiveFailures: 5 },
        told: [told(3)],
      };
      expect(await store.commitAttempt({ ...outcome, subscription, told: [told(2)] })).toBe("stale");
      expect(await store.deliveries.get("dlv_1")).toEqual(aDelivery("dlv_1"));
      expect(await store.deliveries.attempts("dlv_1")).toEqual([]);
      expect(await store.subscriptions.get("sub_1")).toEqual(aSubscription("sub_1"));
      expect(await events()).toHaveLength(1);
      expect(await leases()).toEqual([{ ...lease, fence: 1 }]);
    });

    it("takes only the first of two outcomes of one lease", async () => {
      const lease = await theLease();
      const outcome = { lease, attempt: null, delivery: delivered("dlv_1"), told: [] };
      expect(await Promise.all([store.commitAttempt(outcome), store.commitAttempt(outcome)])).toEqual([
        "committed",
        "stale",
      ]);
    });

    it("changes the subscription's health and tells operational events in the same commit", async () => {
      const patch = { failingSince: NOW, consecutiveFailures: 3, reason: undefined };
      const subscription = { id: "sub_1", tried: aSubscription("sub_1"), patch, told: [told(3)] };
      const lease = await theLease();
      await store.commitAttempt({
        lease,
        attempt: null,
        delivery: delivered("dlv_1"),
        subscription,
        told: [told(2)],
      });
      const changed = { ...aSubscription("sub_1"), failingSince: NOW, consecutiveFailures: 3 };
      expect(await store.subscriptions.get("sub_1")).toEqual(changed);
      expect((await store.subscriptions.list({ limit: 1, owner: null })).items).toEqual([changed]);
      expect((await events()).map((e) => e.id)).toEqual(["evt_2", "evt_3", "evt_1"]);
    });

    it("leaves a subscription alone that was changed in the same moment: its new URL was blamed for the old one", async () => {
      const lease = await theLease();
      const change = store.subscriptions.update("sub_1", { url: "https://new.example/", updatedAt: NOW + 1 });
      const gone = {
        id: "sub_1",
        tried: aSubscription("sub_1"),
        patch: { status: "disabled", reason: "gone" } as const,
        told: [told(3)],
      };
      const outcome = { lease, attempt: null, delivery: delivered("dlv_1"), subscription: gone, told: [told(2)] };
      expect(await store.commitAttempt(outcome)).toBe("committed");
      await change;
      const changed = { ...aSubscription("sub_1"), url: "https://new.example/", updatedAt: NOW + 1 };
      expect(await store.subscriptions.get("sub_1")).toEqual(changed);
      expect((await store.subscriptions.list({ limit: 1, owner: null })).items).toEqual([changed]);
      expect((await events()).map((e) => e.id)).toEqual(["evt_2", "evt_1"]);
      expect(await store.deliveries.get("dlv_1")).toMatchObject({ status: "delivered" });
    });

    it.each([
      ["got another name", { description: "new", updatedAt: NOW + 1 }, 3],
      ["was resumed", { resumedAt: NOW, updatedAt: NOW + 1 }, 0],
      ["was paused", { status: "paused", updatedAt: NOW + 1 }, 3],
      ["was disabled", { status: "disabled", updatedAt: NOW + 1 }, 0],
    ] as const)(
      "judges a subscription only as the endpoint that was tried: it %s in the same moment",
      async (_, patch, count) => {
        const lease = await theLease();
        const change = store.subscriptions.update("sub_1", patch);
        const subscription = {
          id: "sub_1",
          tried: aSubscription("sub_1"),
          patch: { consecutiveFailures: 3 },
          told: [],
        };
        await store.commitAttempt({ lease, attempt: null, delivery: delivered("dlv_1"), subscription, told: [] });
        await change;
        expect(await store.subscriptions.get("sub_1")).toMatchObject({ ...patch, consecutiveFailures: count });
      },
    );

    it("keeps what is read of subscriptions as it was when the commit fails", async () => {
      const lease = await theLease();
      const subscription = { id: "sub_1", tried: aSubscription("sub_1"), patch: { consecutiveFailures: 3 }, told: [] };
      const attempt = anAttempt("att_1", "dlv_1", { number: 2, error: POISON });
      const failing = store.commitAttempt({
        lease,
        attempt,
        delivery: delivered("dlv_1"),
        subscription,
        told: [],
      });
      await expect(failing).rejects.toThrow();
      expect(await store.subscriptions.get("sub_1")).toEqual(aSubscription("sub_1"));
      expect(await leases()).toEqual([lease]);
    });
  });

  describe("commitPoll", () => {
    const act = { pollerId: "pol_1", expectVersion: 0, patch: {}, items: [], told: [] };
    beforeEach(() => store.pollers.create(aPoller("pol_1")));

    it("stores items, events, the sweep and the poller's new state, and moves the version on", async () => {
      const sweep = aSweep("swp_1", "pol_1");
      const patch = { items: 2, baselinedAt: NOW, lastError: null };
      const items = [anItem("a"), anItem("b", { record: null })];
      expect(await store.commitPoll({ ...act, patch, items, told: [told(1)], sweep })).toBe("committed");
      expect(await store.pollers.get("pol_1")).toEqual(aPoller("pol_1", { ...patch, version: 1 }));
      const stored = await store.pollers.items("pol_1", ["b", "a", "c"]);
      expect(stored.sort((x, y) => x.n - y.n)).toEqual(items.map((item, i) => ({ ...item, n: i + 1 })));
      expect(await store.pollers.sweeps("pol_1", 5)).toEqual([sweep]);
      expect(await events()).toHaveLength(1);
    });

    it("writes nothing when the poller moved on", async () => {
      await store.commitPoll(act);
      const late = {
        ...act,
        items: [anItem("a")],
        told: [told(1)],
        sweep: aSweep("swp_1", "pol_1"),
        patch: { items: 9 },
      };
      expect(await store.commitPoll(late)).toBe("stale");
      expect(await store.pollers.get("pol_1")).toEqual(aPoller("pol_1", { version: 1 }));
      expect(await store.pollers.items("pol_1", ["a"])).toEqual([]);
      expect(await store.pollers.sweeps("pol_1", 5)).toEqual([]);
      expect(await events()).toEqual([]);
    });

    it("lets only one of two runners commit", async () => {
      expect(await Promise.all([store.commitPoll(act), store.commitPoll(act)])).toEqual(["committed", "stale"]);
    });

    it("replaces an item by its key and keeps its number", async () => {
      await store.commitPoll({ ...act, items: [anItem("a"), anItem("b")] });
      const changed = anItem("a", { fingerprint: "new", status: "suspect", absent: 1, states: {}, record: [1] });
      await store.commitPoll({ ...act, expectVersion: 1, items: [changed] });
      expect(await store.pollers.items("pol_1", ["a"])).toEqual([{ ...changed, n: 1 }]);
    });

    it("drops all items first when it is told to, and those of no other poller", async () => {
      await store.pollers.create(aPoller("pol_2"));
      await store.commitPoll({ ...act, items: [anItem("a"), anItem("b")] });
      await store.commitPoll({ ...act, pollerId: "pol_2", items: [anItem("a")] });
      await store.commitPoll({ ...act, expectVersion: 1, clearItems: true, items: [anItem("c")] });
      const keys = async (id: string) => {
        const items = await store.pollers.numbered(await store.pollers.itemNumbers(id, 0, 10));
        return items.map((item) => item.key);
      };
      expect(await keys("pol_1")).toEqual(["c"]);
      expect(await keys("pol_2")).toEqual(["a"]);
    });

    it("takes thousands of items in one commit", async () => {
      const items = Array.from({ length: 5_000 }, (_, i) => anItem(`k${i}`));
      await store.commitPoll({ ...act, items });
      expect(
        await store.pollers.items(
          "pol_1",
          items.map((item) => item.key),
        ),
      ).toHaveLength(5_000);
    });
  });
}
