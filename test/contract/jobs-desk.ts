import { beforeEach } from "vitest";
import type { JobEngine } from "../../src/jobs/contract.ts";
import type { Lease, NewJob } from "../../src/model/job.ts";
import type { JobStore } from "../../src/store/job-store.ts";
import { type ManualClock, settle } from "../support/manual-clock.ts";
import { HeldWorker, type Rig } from "../support/store-jobs-rig.ts";

/** A place for jobs in which engines come and go. */
export interface JobPlace {
  store: JobStore;
  clock: ManualClock;
  newEngine(): Rig;
  /** Ends the process, as far as the jobs know, and begins another: leases are gone, jobs are there. */
  restart(): Promise<void>;
}

/** What each test of an engine begins with: a place, an engine that is not started, and a worker whose runs the test ends. */
export class JobDesk {
  place!: JobPlace;
  rig!: Rig;
  engine!: JobEngine;
  worker!: HeldWorker;

  /** A new desk before each test. */
  static use(make: () => Promise<JobPlace>): JobDesk {
    const desk = new JobDesk();
    beforeEach(async () => {
      desk.place = await make();
      desk.rig = desk.place.newEngine();
      desk.engine = desk.rig.engine;
      desk.worker = new HeldWorker();
    });
    return desk;
  }

  get now(): number {
    return this.place.clock.now();
  }

  /** A job that is due; its group is the first word of its payload. */
  job(payload: string, more: Partial<NewJob> = {}): NewJob {
    const [group = "a"] = payload.split(" ");
    return { queue: "run", group, key: null, dueAt: this.now, payload, ...more };
  }

  jobs(group: string, count: number): NewJob[] {
    return Array.from({ length: count }, (_, i) => this.job(`${group} ${i}`));
  }

  start(more: Partial<HeldWorker> = {}): Promise<void> {
    this.engine.work("run", Object.assign(this.worker, more));
    return this.engine.start();
  }

  async enqueue(jobs: NewJob[]): Promise<void> {
    await this.place.store.enqueue(jobs);
    await settle();
  }

  /** Ends the job of the nth run (0 = the first) and lets its worker return. */
  async finish(n: number): Promise<void> {
    await this.place.store.finish(this.worker.begun[n] as Lease, null);
    this.worker.end(n);
    await settle();
  }
}
