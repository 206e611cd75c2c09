import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Store } from "../../src/store/contract.ts";
import type { JobStore } from "../../src/store/job-store.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { HeldWorker } from "../support/store-jobs-rig.ts";
import { aJob, aRun } from "../support/store-rows.ts";

/** The real table, which fails while `isAway` and writes down how much was read of it. */
class Unreliable {
  isAway = false;
  readonly limits: number[] = [];
  readonly jobs: JobStore;

  constructor({ jobs }: Store) {
    const check = () => {
      if (this.isAway) throw new Error("the disk is full");
    };
    this.jobs = {
      ...jobs,
      due: async (...args) => {
        check();
        this.limits.push(args[3]);
        return jobs.due(...args);
      },
      finish: async (...args) => {
        check();
        return jobs.finish(...args);
      },
      fence: async (...args) => {
        check();
        return jobs.fence(...args);
      },
    };
  }
}

describe("the embedded engine", () => {
  let clock: ManualClock;
  let store: Store;
  let trouble: Unreliable;
  let worker: HeldWorker;
  const logged: string[] = [];
  beforeEach(async () => {
    clock = new ManualClock();
    store = await openSqliteStore({ path: ":memory:" });
    trouble = new Unreliable(store);
    worker = new HeldWorker();
    logged.length = 0;
  });
  afterEach(() => store.close());

  const start = () => {
    const log = createLog("warn", { write: (line: string) => void logged.push(line) });
    const engine = createEmbeddedJobs({ store: trouble.jobs, clock, log });
    engine.work("run", worker);
    return engine.start().then(() => engine);
  };
  const add = async (...payloads: string[]) => {
    await store.jobs.enqueue(payloads.map((payload) => aJob(payload, { dueAt: clock.now() })));
    await settle();
  };

  it("goes on by itself when jobs could not be read for a while", async () => {
    await start();
    trouble.isAway = true;
    await store.jobs.enqueue([aJob("a", { dueAt: clock.now() + 1 })]); // what is due later is read then
    await clock.advance(3_500);
    expect(worker.begun).toEqual([]);
    expect(logged).toHaveLength(4); // once a second, not in a tight loop
    trouble.isAway = false;
    await clock.advance(1_000);
    expect(worker.payloads).toEqual(["a"]);
  });

  it("makes a group wait, in memory, when a crash could not be written down", async () => {
    worker.run = async (lease) => {
      worker.begun.push(lease);
      trouble.isAway = worker.begun.length < 3;
      throw new Error("crash");
    };
    await start();
    await add("a");
    expect(worker.begun).toHaveLength(1);
    expect(logged.join()).toContain("the disk is full");
    trouble.isAway = false;
    await clock.advance(1_000);
    expect(worker.begun).toHaveLength(2);
    trouble.isAway = false;
    await clock.advance(1_000);
    expect(worker.begun).toHaveLength(3);
  });

  it("leaves a lease that ran out to its worker while it cannot be fenced, and no longer", async () => {
    await start();
    await add("a");
    trouble.isAway = true;
    await clock.advance(60_000);
    expect(worker.begun).toHaveLength(1);
    expect(worker.signals[0]?.aborted).toBe(false);
    trouble.isAway = false;
    await clock.advance(1_000);
    expect(worker.begun.map((lease) => lease.fence)).toEqual([0, 1]);
    expect(worker.signals[0]?.aborted).toBe(true);
  });

  it("does not run a job again that was taken away while it ran, and warns of nothing: each cancelled delivery was a warning", async () => {
    await start();
    await store.runs.create(aRun("job_a", { createdAt: clock.now() }));
    await settle();
    await store.runs.cancel("job_a", clock.now());
    worker.end(0);
    await clock.advance(3_600_000);
    expect(worker.payloads).toEqual(["job_a"]);
    expect(logged).toEqual([]);
  });

  it("keeps only a batch of a large group in memory", async () => {
    await store.jobs.enqueue(Array.from({ length: 10_000 }, () => aJob(null, { dueAt: clock.now() })));
    worker.limit = () => ({ maxInFlight: 10, holdUntil: null });
    await start();
    await settle();
    for (let n = 0; n < 300; n++) {
      await store.jobs.finish(worker.begun[n]!, null);
      worker.end(n);
      await settle();
    }
    expect(worker.begun).toHaveLength(310);
    expect(Math.max(...trouble.limits)).toBeLessThan(200);
    expect(trouble.limits.length).toBeLessThan(6);
  });

  it("keeps less of each group when there are many", async () => {
    const groups = Array.from({ length: 2_000 }, (_, i) => `g${i}`);
    await store.jobs.enqueue(
      groups.flatMap((group) => Array.from({ length: 3 }, () => aJob(null, { group, dueAt: 0 }))),
    );
    worker.concurrency = 5;
    await start();
    await settle();
    expect(worker.begun).toHaveLength(5);
    expect(Math.max(...trouble.limits)).toBeLessThan(10);
  });
});
