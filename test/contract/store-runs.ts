import { beforeEach, describe, expect, it } from "vitest";
import type { Lease } from "../../src/model/job.ts";
import type { Store } from "../../src/store/contract.ts";
import { aRun, aSubscription, NOW, told } from "../support/store-rows.ts";

const SCOPES = ["actions:read", "actions:write"] as const;

/** Asynchronous runs. */
export function runSuite(make: () => Promise<Store>): void {
  let store: Store;
  let finished: string[];
  beforeEach(async () => {
    store = await make();
    finished = [];
    store.runs.onFinished((id) => finished.push(id));
  });

  const leaseOf = async (group = "con_1", now = NOW): Promise<Lease | undefined> =>
    (await store.jobs.due("run", group, now, 10))[0];
  const listed = async (more: object = {}) =>
    (await store.runs.list({ limit: 20, owner: null, connections: null, scopes: SCOPES, ...more })).items.map(
      (run) => run.id,
    );

  it("are kept whole, with a job that is due at once", async () => {
    const run = aRun("job_1", {
      progress: { done: [1, null] },
      error: { code: "internal" },
      recordKey: "b_1",
      answeredAt: NOW + 1,
      sealedAnswer: "v1.b",
    });
    await store.runs.create(run);
    expect(await store.runs.get("job_1")).toEqual(run);
    expect(await leaseOf()).toMatchObject({ payload: "job_1", dueAt: NOW, fence: 0 });
    expect(await store.runs.get("job_2")).toBeNull();
  });

  it("are listed newest first, without what is sealed, by owner, connection, scope and state", async () => {
    await store.runs.create(aRun("job_1"));
    await store.runs.create(aRun("job_2", { owner: "key_2", scope: "actions:read" }));
    await store.runs.create(aRun("job_3", { connectionId: "con_2", state: "running" }));
    expect(await listed()).toEqual(["job_3", "job_2", "job_1"]);
    expect(await listed({ owner: "key_2" })).toEqual(["job_2"]);
    expect(await listed({ connections: ["con_2"] })).toEqual(["job_3"]);
    expect(await listed({ connections: [] })).toEqual([]);
    expect(await listed({ scopes: ["actions:read"] })).toEqual(["job_2"]);
    expect(await listed({ scopes: [] })).toEqual([]);
    expect(await listed({ state: "running" })).toEqual(["job_3"]);
    const { sealedRequest: _, sealedAnswer: __, ...open } = aRun("job_1");
    expect((await store.runs.list({ limit: 9, owner: null, connections: null, scopes: SCOPES })).items[2]).toEqual(
      open,
    );
  });

  it("move on by one version a commit, and never from another one", async () => {
    await store.runs.create(aRun("job_1"));
    const act = { id: "job_1", expectVersion: 0, patch: { state: "running", underWay: "call" } as const, told: [] };
    expect(await Promise.all([store.commitRun(act), store.commitRun(act)])).toEqual(["committed", "stale"]);
    expect(await store.runs.get("job_1")).toMatchObject({ state: "running", underWay: "call", version: 1 });
    expect(await leaseOf()).toMatchObject({ fence: 0 });
  });

  it("end with their job and their events in one commit, or with nothing of it", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    await store.runs.create(aRun("job_1"));
    const lease = (await leaseOf()) as Lease;
    const patch = { state: "succeeded", sealedAnswer: "v1.b", finishedAt: NOW + 5 } as const;
    const act = { id: "job_1", patch, job: { lease, next: null }, told: [told(1)] };
    expect(await store.commitRun({ ...act, expectVersion: 7 })).toBe("stale");
    expect(await store.events.get("evt_1")).toBeNull();
    expect(await leaseOf()).toEqual(lease);
    expect(finished).toEqual([]);
    expect(await store.commitRun({ ...act, expectVersion: 0 })).toBe("committed");
    expect(await store.events.get("evt_1")).not.toBeNull();
    expect(await leaseOf()).toBeUndefined();
    expect(finished).toEqual(["job_1"]);
  });

  it("go on later when their job is made due again", async () => {
    await store.runs.create(aRun("job_1"));
    const lease = (await leaseOf()) as Lease;
    const patch = { state: "running", phase: "await" } as const;
    await store.commitRun({ id: "job_1", expectVersion: 0, patch, job: { lease, next: NOW + 10 }, told: [] });
    expect(await leaseOf()).toBeUndefined();
    expect(await leaseOf("con_1", NOW + 10)).toMatchObject({ payload: "job_1", fence: 1 });
    expect(finished).toEqual([]);
  });

  describe("when they are cancelled", () => {
    it("end at once when their call was not begun, and can then not begin", async () => {
      await store.runs.create(aRun("job_1"));
      expect(await store.runs.cancel("job_1", NOW + 3)).toMatchObject({
        state: "cancelled",
        finishedAt: NOW + 3,
        sealedRequest: null,
        cancel: null,
      });
      expect(await leaseOf()).toBeUndefined();
      expect(finished).toEqual(["job_1"]);
      const begin = { id: "job_1", expectVersion: 0, patch: { state: "running" } as const, told: [] };
      expect(await store.commitRun(begin)).toBe("stale");
    });

    it("are marked when they run, with their job due now, and the worker's commit still counts", async () => {
      await store.runs.create(aRun("job_1", { state: "running", phase: "await" }));
      const lease = (await leaseOf()) as Lease;
      const wait = { id: "job_1", expectVersion: 0, patch: { progress: 1 }, job: { lease, next: NOW + 60 }, told: [] };
      await store.commitRun(wait);
      expect(await store.runs.cancel("job_1", NOW + 5)).toMatchObject({
        state: "running",
        cancel: "asked",
        version: 1,
      });
      expect(await leaseOf("con_1", NOW + 5)).toMatchObject({ payload: "job_1", dueAt: NOW + 5 });
      const patch = { cancel: "accepted" } as const;
      expect(await store.commitRun({ id: "job_1", expectVersion: 1, patch, told: [] })).toBe("committed");
      expect(await store.runs.cancel("job_1", NOW + 6)).toMatchObject({ cancel: "accepted", updatedAt: NOW + 5 });
      expect(finished).toEqual([]);
    });

    it("stay as they are when they have ended, and are not found when there are none", async () => {
      const run = aRun("job_1", { state: "failed", finishedAt: NOW });
      await store.runs.create(run);
      expect(await store.runs.cancel("job_1", NOW + 3)).toEqual(run);
      expect(await store.runs.cancel("job_2", NOW)).toBeNull();
    });
  });

  it("are pruned when they finished long ago, and never before they finish", async () => {
    await store.runs.create(aRun("job_1", { state: "succeeded", finishedAt: NOW }));
    await store.runs.create(aRun("job_2", { state: "failed", finishedAt: NOW + 1 }));
    await store.runs.create(aRun("job_3", { createdAt: NOW - 99 }));
    await store.prune(NOW + 1, 10);
    expect(await listed()).toEqual(["job_3", "job_2"]);
  });
}
