import { describe, expect, it } from "vitest";
import { type Group, newGroup, nextAsked, type Run, takeFirst, takeOut } from "../../src/jobs/group.ts";
import { Canceller } from "../../src/kernel/canceller.ts";
import type { Lease } from "../../src/model/job.ts";

const lease = (jobId: number, fence = 0): Lease => ({
  jobId,
  queue: "deliver",
  group: "sub_1",
  fence,
  dueAt: 0,
  payload: jobId,
  isAsked: true,
});

function begin(group: Group, its: Lease): void {
  const cancel = new Canceller();
  const run: Run = {
    lease: its,
    group,
    share: null,
    cancel,
    expiresAt: 0,
    isEnded: false,
    isDueAgain: false,
    done: Promise.resolve(),
  };
  group.inFlight.set(its.jobId, run);
}

describe("jobs that were asked for", () => {
  it("are begun in the order they were asked for, before what is ready, and once each", () => {
    const group = newGroup("sub_1");
    group.ready = [lease(1), lease(2), lease(3)];
    for (const jobId of [3, 9, 2, 3]) takeFirst(group, lease(jobId));
    const taken = Array.from({ length: 5 }, () => takeOut(group)?.jobId);
    expect(taken).toEqual([3, 9, 2, 1, undefined]);
    expect(group.asked).toBeNull();
  });

  it("are not copied for each that comes: twenty thousand took seconds", () => {
    const group = newGroup("sub_1");
    takeFirst(group, lease(1));
    const { asked } = group;
    takeFirst(group, lease(2));
    expect(takeOut(group)?.jobId).toBe(1);
    expect(group.asked).toBe(asked);
  });

  it("are ten thousand at most: the rest is read like any other", () => {
    const group = newGroup("sub_1");
    for (let jobId = 1; jobId <= 10_001; jobId++) takeFirst(group, lease(jobId));
    expect(group.asked?.size).toBe(10_000);
    expect(takeOut(group)?.jobId).toBe(1);
  });

  it("wait for the end of their last run, and are forgotten when that is what was meant", () => {
    const group = newGroup("sub_1");
    begin(group, lease(1, 4));
    takeFirst(group, lease(1, 4));
    expect(group.asked).toBeNull();
    takeFirst(group, lease(1, 5));
    expect(nextAsked(group)).toBeUndefined();
    expect(takeOut(group)).toBeUndefined();
    group.inFlight.delete(1);
    takeFirst(group, lease(1, 4)); // told late
    expect(takeOut(group)).toEqual(lease(1, 5));
  });
});
