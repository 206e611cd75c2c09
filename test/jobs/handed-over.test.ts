import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Store } from "../../src/store/contract.ts";
import type { DueNotice, JobStore } from "../../src/store/job-store.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ManualClock, settle } from "../support/manual-clock.ts";
import { HeldWorker } from "../support/store-jobs-rig.ts";
import { aJob } from "../support/store-rows.ts";

const GROUP = "con_1";

/** The real table, whose notices and reads come as late as the test wants. */
class Late {
  readonly jobs: JobStore;
  /** Gives a notice to the engine. */
  tell: (notice: DueNotice) => void = () => {};
  /** While it is there, notices are put into it. */
  held: DueNotice[] | null = null;
  /** What a read waits for before it gives what it found. */
  gate: Promise<void> = Promise.resolve();
  reads = 0;

  constructor({ jobs }: Store) {
    this.jobs = {
      ...jobs,
      onEnqueued: (listener) => {
        this.tell = listener;
        jobs.onEnqueued((notice) => void (this.held ? this.held.push(notice) : listener(notice)));
      },
      due: async (...args) => {
        this.reads++;
        const found = await jobs.due(...args);
        await this.gate;
        return found;
      },
    };
  }
}

describe("a new job that its commit hands over", () => {
  const clock = new ManualClock();
  let store: Store;
  let late: Late;
  let worker: HeldWorker;
  beforeEach(async () => {
    store = await openSqliteStore({ path: ":memory:" });
    late = new Late(store);
    worker = new HeldWorker();
  });
  afterEach(() => store.close());

  const start = async () => {
    const engine = createEmbeddedJobs({ store: late.jobs, clock, log: createLog("silent") });
    engine.work("run", worker);
    await engine.start();
    return engine;
  };
  const add = async (...payloads: number[]) => {
    const jobs = payloads.map((n) => aJob(String(n), { group: GROUP, dueAt: clock.now() }));
    await store.jobs.enqueue(jobs);
    await settle();
  };

  it("is run once, also when it was read before its notice came", async () => {
    const engine = await start();
    late.held = [];
    await add(1);
    engine.wake("run", GROUP);
    await settle();
    expect(worker.payloads).toEqual(["1"]);
    for (const notice of late.held) late.tell(notice);
    await settle();
    expect(worker.payloads).toEqual(["1"]);
  });

  it("is not lost when it comes while others are read", async () => {
    const engine = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    late.gate = promise;
    engine.wake("run", GROUP);
    await settle();
    await add(1);
    resolve();
    await settle();
    expect(worker.payloads).toEqual(["1"]);
  });

  it("is not read either while the worker still learns its group's limit", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.meet = () => promise;
    await start();
    await add(1, 2);
    await add(3);
    expect(worker.payloads).toEqual([]);
    resolve();
    await settle();
    expect(worker.payloads).toEqual(["1", "2", "3"]);
    expect(late.reads).toBe(0);
  });

  it("keeps to the group's limit when its first run ends while the group is met again", async () => {
    const engine = await start();
    worker.limit = () => ({ maxInFlight: 1, holdUntil: null });
    await add(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    worker.meet = () => promise;
    engine.wake("run", GROUP);
    await store.jobs.finish(worker.begun[0]!, null);
    worker.end(0);
    await add(2, 3);
    expect(worker.payloads).toEqual(["1"]);
    resolve();
    await settle();
    expect(worker.payloads).toEqual(["1", "2"]);
  });

  it("goes behind those of its group that were not read yet", async () => {
    await start();
    worker.limit = () => ({ maxInFlight: 1, holdUntil: null });
    const all = Array.from({ length: 200 }, (_, n) => n);
    await add(...all.slice(0, -1));
    await add(all.length - 1);
    for (const n of all) {
      await store.jobs.finish(worker.begun[n]!, null);
      worker.end(n);
      await settle();
    }
    expect(worker.payloads).toEqual(all.map(String));
  });
});
