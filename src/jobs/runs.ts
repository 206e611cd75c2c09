import { BusyMap } from "../kernel/busy-map.ts";
import { Canceller } from "../kernel/canceller.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Lease } from "../model/job.ts";
import type { JobStore } from "../store/job-store.ts";
import { Alarm } from "./alarm.ts";
import type { Worker } from "./contract.ts";
import { crashDelay } from "./crash-delay.ts";
import type { Group, Run } from "./group.ts";

export interface EnginePorts {
  store: JobStore;
  clock: Clock;
  log: Log;
}

const OVER = Promise.resolve();

/**
 * The runs of one queue. A lease is held here, in memory, and nowhere else; one that runs out has its fence moved on in
 * the store first, so that its holder can no longer write, and only then is the job free again.
 */
export class Runs {
  readonly #worker: Worker;
  readonly #ports: EnginePorts;
  readonly #onEnd: (run: Run) => void;
  /** By job id; all leases are of one length, so this is the order in which they run out. */
  readonly #byJob = new BusyMap<number, Run>();
  readonly #alarm: Alarm;

  /** `onEnd` is told of each run that has ended. */
  constructor(worker: Worker, ports: EnginePorts, onEnd: (run: Run) => void) {
    this.#worker = worker;
    this.#ports = ports;
    this.#onEnd = onEnd;
    this.#alarm = new Alarm(ports.clock, (aheadMs) => void this.#expire(aheadMs));
  }

  get size(): number {
    return this.#byJob.size;
  }

  begin(group: Group, lease: Lease, share: string | null): void {
    const expiresAt = this.#ports.clock.now() + this.#worker.leaseMs;
    const run: Run = {
      lease,
      group,
      share,
      cancel: new Canceller(),
      expiresAt,
      isEnded: false,
      isDueAgain: false,
      done: OVER,
    };
    group.inFlight.set(lease.jobId, run);
    this.#byJob.set(lease.jobId, run);
    this.#alarm.set(expiresAt);
    run.done = this.#perform(run);
  }

  /** Resolves when those that run now have ended. */
  async settled(): Promise<void> {
    await Promise.all([...this.#byJob.values()].map((run) => run.done));
  }

  /** Asks those that run now to break off. */
  abort(): void {
    this.#alarm.clear();
    for (const run of this.#byJob.values()) run.cancel.abort(new Error("Tidewire is stopping"));
  }

  /** A commit ended the job or made it due again. */
  ended(jobId: number): void {
    const run = this.#byJob.get(jobId);
    if (run) run.isEnded = true;
  }

  async #perform(run: Run): Promise<void> {
    try {
      await this.#worker.run(run.lease, run.cancel);
      if (!run.isEnded) await this.#postpone(run, null);
      else run.group.crashes?.delete(run.lease.jobId);
    } catch (error) {
      await this.#postpone(run, error);
    }
    this.#release(run);
  }

  /**
   * Makes a job that was not ended due again later: the longer, the more often that happened in a row. `thrown` is null for a
   * worker that returned, as it does when the job is nobody's any more.
   */
  async #postpone(run: Run, thrown: unknown): Promise<void> {
    if (!this.#holds(run) || run.cancel.aborted) return; // it is free already, or will be at the next start
    const { store, clock, log } = this.#ports;
    const { lease, group } = run;
    const crashes = (group.crashes?.get(lease.jobId) ?? 0) + 1;
    const delayMs = crashDelay(crashes);
    const err = thrown ?? new Error("the worker returned without ending its job");
    const about = { queue: lease.queue, group: group.name, job: lease.jobId, crashes, delayMs, err };
    try {
      if ((await store.finish(lease, clock.now() + delayMs)) === "stale") {
        group.crashes?.delete(lease.jobId);
        return log[thrown === null ? "debug" : "warn"](about, "a job was taken away while it ran");
      }
      group.crashes ??= new Map();
      group.crashes.set(lease.jobId, crashes);
      log.error(about, "a job crashed; it is run again later");
    } catch (error) {
      log.error({ ...about, storeError: messageOf(error) }, "a job crashed and could not be put off; its group waits");
      group.more = true;
      group.pausedUntil = clock.now() + delayMs;
    }
  }

  #holds({ lease, group }: Run): boolean {
    return group.inFlight.get(lease.jobId)?.lease === lease;
  }

  #release(run: Run): void {
    if (!this.#holds(run)) return;
    run.group.inFlight.delete(run.lease.jobId);
    this.#byJob.delete(run.lease.jobId);
    if (run.isDueAgain) run.group.more = true;
    this.#onEnd(run);
  }

  /** A clock that was put forward lets no lease run out, and one that was put back makes none longer. */
  async #expire(aheadMs: number): Promise<void> {
    for (const run of this.#byJob.values()) run.expiresAt += aheadMs;
    for (const run of this.#byJob.values()) {
      if (run.expiresAt > this.#ports.clock.now()) return this.#alarm.set(run.expiresAt);
      await this.#takeAway(run);
    }
  }

  async #takeAway(run: Run): Promise<void> {
    const { store, clock, log } = this.#ports;
    const about = { queue: run.lease.queue, group: run.group.name, job: run.lease.jobId };
    try {
      await store.fence(run.lease);
      run.cancel.abort(new Error("the lease ran out"));
      log.warn(about, "a job ran longer than its lease; it is run again");
      run.group.more = true;
      this.#release(run);
    } catch (error) {
      log.error(
        { ...about, err: error },
        "a lease that ran out could not be taken away; its worker keeps it a while longer",
      );
      run.expiresAt = clock.now() + crashDelay(1);
      this.#alarm.set(run.expiresAt);
    }
  }
}
