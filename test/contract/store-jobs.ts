import { beforeEach, describe, expect, it } from "vitest";
import type { Lease } from "../../src/model/job.ts";
import type { Store } from "../../src/store/contract.ts";
import { aJob, NOW } from "../support/store-rows.ts";

/** The table behind the embedded job engine. */
export function jobStoreSuite(make: () => Promise<Store>): void {
  let store: Store;
  beforeEach(async () => {
    store = await make();
  });
  const payloads = async (limit = 100, now = NOW) =>
    (await store.jobs.due("run", "sub_1", now, limit)).map((lease) => lease.payload);

  describe("jobs", () => {
    it("are due by time, then in the order they were made, up to a limit", async () => {
      const later = aJob("c", { dueAt: NOW + 1 });
      await store.jobs.enqueue([
        later,
        aJob("b"),
        aJob("a", { dueAt: NOW - 1 }),
        aJob("d"),
        aJob("x", { group: "sub_2" }),
      ]);
      expect(await payloads()).toEqual(["a", "b", "d"]);
      expect(await payloads(2)).toEqual(["a", "b"]);
      expect(await payloads(9, NOW + 1)).toEqual(["a", "b", "d", "c"]);
      expect(await store.jobs.nextDue("run", "sub_1", NOW)).toBe(NOW + 1);
      expect(await store.jobs.nextDue("run", "sub_1", NOW + 1)).toBeNull();
      expect(await store.jobs.nextDue("fan_out", "sub_1", 0)).toBeNull();
    });

    it("are made once for a key and queue, while the first is there", async () => {
      const fanOut = aJob("k", { queue: "fan_out" });
      await store.jobs.enqueue([aJob("k"), aJob("k", { payload: "second" }), fanOut, aJob(null), aJob(null)]);
      expect(await payloads()).toEqual(["k", null, null]);
      const [first] = await store.jobs.due("run", "sub_1", NOW, 1);
      await store.jobs.finish(first!, null);
      await store.jobs.enqueue([aJob("k", { payload: "third" })]);
      expect(await payloads()).toEqual([null, null, "third"]);
    });

    it("list their groups with the first time each is due", async () => {
      expect(await store.jobs.groups("run")).toEqual([]);
      const jobs = ["b", "a", "c", "a"].map((group, i) => aJob(null, { group, dueAt: NOW - i }));
      await store.jobs.enqueue([...jobs, aJob(null, { queue: "fan_out", group: "z" })]);
      expect(await store.jobs.groups("run")).toEqual([
        { group: "a", dueAt: NOW - 3 },
        { group: "b", dueAt: NOW },
        { group: "c", dueAt: NOW - 2 },
      ]);
    });

    it("end by their fence, once", async () => {
      await store.jobs.enqueue([aJob("k")]);
      const [lease] = await store.jobs.due("run", "sub_1", NOW, 1);
      expect(await store.jobs.finish(lease!, NOW + 5)).toBe("committed");
      expect(await store.jobs.finish(lease!, null)).toBe("stale");
      const [second] = await store.jobs.due("run", "sub_1", NOW + 5, 1);
      expect(second).toEqual({ ...lease, fence: 1, dueAt: NOW + 5 });
      await store.jobs.fence(second!);
      await store.jobs.fence(second!);
      expect(await store.jobs.finish(second!, null)).toBe("stale");
      const [third] = await store.jobs.due("run", "sub_1", NOW + 5, 1);
      expect(third).toEqual({ ...second, fence: 2 });
      expect(await store.jobs.finish(third!, null)).toBe("committed");
      expect(await payloads()).toEqual([]);
    });

    it("never give the number of an ended job to a new one", async () => {
      await store.jobs.enqueue([aJob("a")]);
      const [lease] = await store.jobs.due("run", "sub_1", NOW, 1);
      await store.jobs.finish(lease!, null);
      await store.jobs.enqueue([aJob("b")]);
      const [second] = await store.jobs.due("run", "sub_1", NOW, 1);
      expect(second!.jobId).toBeGreaterThan(lease!.jobId);
    });

    it("are given to who hears of them as they are read, when they are new", async () => {
      const heard: (Lease | undefined)[] = [];
      store.jobs.onEnqueued(({ lease }) => heard.push(lease));
      await store.jobs.enqueue([aJob("k"), aJob("l", { payload: { a: [1] } })]);
      const leases = await store.jobs.due("run", "sub_1", NOW, 2);
      expect(heard).toEqual(leases);
      await store.jobs.finish(leases[0]!, NOW + 1);
      expect(heard[2]).toBeUndefined();
    });

    it("are told of after the commit that made them, or made them due again, and only if it did", async () => {
      const heard: string[] = [];
      store.jobs.onEnqueued(({ queue, group, dueAt }) => heard.push(`${queue} ${group} ${dueAt - NOW}`));
      store.jobs.onEnded((lease) => heard.push(`ended ${lease.jobId}`));
      await store.jobs.enqueue([aJob("k"), aJob("k"), aJob("l", { queue: "fan_out", group: "g", dueAt: NOW + 7 })]);
      expect(heard.splice(0)).toEqual(["run sub_1 0", "fan_out g 7"]);
      const [lease] = await store.jobs.due("run", "sub_1", NOW, 1);
      await store.jobs.finish(lease!, NOW + 9);
      expect(heard.splice(0)).toEqual(["ended 1", "run sub_1 9"]);
      await store.jobs.finish(lease!, NOW + 10);
      expect(heard).toEqual([]);
      await store.jobs.finish({ ...lease!, fence: 1 }, null);
      expect(heard).toEqual(["ended 1"]);
    });
  });
}
