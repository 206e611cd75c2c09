import { beforeEach, expect, it } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import { aConnection, aJob, aPoller, aSubscription, NOW, told } from "../support/store-rows.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** What is kept right when the clock is put back: it showed `NOW`, and shows `NOW - DAY`. */
export function timeSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });

  const dueAt = async (queue: "deliver" | "run") => (await store.jobs.groups(queue)).map((group) => group.dueAt);

  it("remembers the time that was last known", async () => {
    expect(await store.jobs.lastMark()).toBeNull();
    await store.jobs.mark(NOW);
    await store.jobs.mark(NOW + 5);
    expect(await store.jobs.lastMark()).toBe(NOW + 5);
  });

  it("brings forward what waits, as far as it had come, and not beyond the present", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    await store.subscriptions.create(aSubscription("sub_2"));
    await store.commitEvents({
      told: [
        told(1, { delivery: { nextAttemptAt: NOW + HOUR } }),
        told(2, { delivery: { nextAttemptAt: NOW - HOUR, subscriptionId: "sub_2" } }),
      ],
      deliveries: [],
      jobs: [aJob("run_1", { queue: "run", dueAt: NOW + 2 * HOUR })],
    });
    await store.jobs.turnBack(DAY, NOW - DAY);
    expect(await dueAt("deliver")).toEqual([NOW - DAY + HOUR, NOW - DAY]);
    expect(await dueAt("run")).toEqual([NOW - DAY + 2 * HOUR]);
    expect((await store.deliveries.get("dlv_1"))?.nextAttemptAt).toBe(NOW - DAY + HOUR);
  });

  it("moves each of many once", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    const many = Array.from({ length: 2_500 }, (_, n) => told(n, { delivery: { nextAttemptAt: NOW + DAY + n } }));
    await store.commitEvents({ told: many, deliveries: [], jobs: [] });
    await store.jobs.turnBack(10, NOW);
    const all = await store.jobs.due("deliver", "sub_1", NOW + 9 * DAY, 5_000);
    expect(all.map((lease) => lease.dueAt)).toEqual(many.map((_, n) => NOW + DAY + n - 10));
  });

  it("moves the holds and the failures of subscriptions that lie ahead, and the pollers", async () => {
    await store.subscriptions.create(aSubscription("sub_1", { holdUntil: NOW + HOUR, failingSince: NOW - HOUR }));
    await store.subscriptions.create(aSubscription("sub_2", { failingSince: NOW - 3 * DAY }));
    await store.connections.create(aConnection("con_1"), [aPoller("pol_1", { nextRunAt: NOW + HOUR })]);
    await store.jobs.turnBack(DAY, NOW - DAY);
    expect(await store.subscriptions.get("sub_1")).toMatchObject({
      holdUntil: NOW - DAY + HOUR,
      failingSince: NOW - DAY - HOUR,
      updatedAt: NOW + 1,
    });
    expect(await store.subscriptions.get("sub_2")).toMatchObject({ failingSince: NOW - 3 * DAY, updatedAt: NOW });
    expect(await store.pollers.get("pol_1")).toMatchObject({ nextRunAt: NOW - DAY + HOUR });
  });
}
