import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Store } from "../../src/store/contract.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { HeldWorker } from "../support/store-jobs-rig.ts";
import { aJob } from "../support/store-rows.ts";

describe("what the job engine tells of itself", () => {
  let clock: ManualClock;
  let store: Store;
  let worker: HeldWorker;
  let tick: () => Promise<void>;
  beforeEach(async () => {
    clock = new ManualClock();
    store = await openSqliteStore({ path: ":memory:" });
    worker = new HeldWorker();
  });
  afterEach(() => store.close());

  const engineBy = (time: Pick<ManualClock, "now" | "after">) => {
    const startCron = (_name: string, _cron: string, action: () => Promise<void>) => {
      tick = action;
      return () => {};
    };
    const engine = createEmbeddedJobs({ store: store.jobs, clock: time, log: createLog("silent"), startCron });
    engine.work("run", worker);
    engine.schedule("pollers", "* * * * * *", async () => {});
    return engine;
  };
  const add = async (...payloads: string[]) => {
    await store.jobs.enqueue(payloads.map((payload) => aJob(payload, { dueAt: clock.now() + 1_000 })));
    await settle();
  };

  it("says whether it runs, and when each schedule was last run", async () => {
    const engine = engineBy(clock);
    expect(engine.vitals()).toMatchObject({ startedAt: null, overdueSince: null });
    await engine.start();
    expect(engine.vitals()).toMatchObject({ startedAt: clock.now(), ticks: new Map() });
    await clock.advance(5_000);
    await tick();
    expect(engine.vitals().ticks.get("pollers")).toBe(clock.now());
    await engine.stop(0);
    expect(engine.vitals().startedAt).toBeNull();
  });

  it("finds nothing overdue while jobs run, wait for their time or for a free place", async () => {
    worker.concurrency = 2;
    worker.limit = () => ({ maxInFlight: 1, holdUntil: null });
    const engine = engineBy(clock);
    await engine.start();
    await add("a", "b", "c");
    expect(engine.vitals().overdueSince).toBeNull();
    await clock.advance(50_000);
    expect(worker.begun).toHaveLength(1); // the limit of its group; the others wait rightly
    expect(engine.vitals().overdueSince).toBeNull();
    worker.limit = () => ({ maxInFlight: 9, holdUntil: clock.now() + 1 });
    expect(engine.vitals().overdueSince).toBeNull();
  });

  it("finds a job overdue that nobody woke", async () => {
    const deaf = { now: () => clock.now(), after: () => () => {} };
    const engine = engineBy(deaf);
    await engine.start();
    await add("a");
    const dueAt = clock.now() + 1_000;
    expect(engine.vitals().overdueSince).toBeNull();
    await clock.advance(40_000);
    expect(worker.begun).toEqual([]);
    expect(engine.vitals().overdueSince).toBe(dueAt);
  });
});
