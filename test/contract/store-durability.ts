import { describe, expect, it } from "vitest";
import { aJob, anItem, aPoller, aSubscription, NOW, told } from "../support/store-rows.ts";
import type { Backend } from "./store-backends.ts";

/** What outlives the process, and how a store ends. */
export function durabilitySuite(backend: Backend): void {
  describe("closing", () => {
    it("writes what was handed over and refuses what comes after", async () => {
      const store = await backend.open();
      const last = store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
      const closed = store.close();
      const late = store.commitEvents({ told: [told(2)], deliveries: [], jobs: [] });
      await expect(late).rejects.toMatchObject({ code: "unavailable" });
      expect(await last).toBe("committed");
      await closed;
    });

    it.skipIf(!backend.isDurable)("leaves everything for the next process", async () => {
      const store = await backend.open();
      await store.subscriptions.create(aSubscription("sub_1"));
      await store.pollers.create(aPoller("pol_1"));
      await store.commitPoll({ pollerId: "pol_1", expectVersion: 0, patch: {}, items: [anItem("a")], told: [told(1)] });
      await store.jobs.enqueue([aJob("k")]);
      const [lease] = await store.jobs.due("deliver", "sub_1", NOW, 1);
      await store.jobs.fence(lease!);
      await store.subscriptions.update("sub_1", { warned: 50 });
      await store.close();

      const next = await backend.open();
      expect(await next.subscriptions.get("sub_1")).toEqual(aSubscription("sub_1", { warned: 50 }));
      expect(await next.events.get("evt_1")).toMatchObject({ seq: 1 });
      expect(await next.pollers.items("pol_1", ["a"])).toEqual([{ ...anItem("a"), n: 1 }]);
      expect(await next.jobs.due("deliver", "sub_1", NOW, 10)).toEqual([{ ...lease, fence: 1 }]);
      expect(await next.jobs.due("run", "sub_1", NOW, 10)).toMatchObject([{ fence: 0, dueAt: NOW, payload: "k" }]);
    });
  });
}
