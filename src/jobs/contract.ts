import type { Cancellation } from "../kernel/canceller.ts";
import type { Lease, Queue } from "../model/job.ts";

/** What a queue's worker may do with one group. */
export interface GroupLimit {
  maxInFlight: number;
  /** ms since the epoch; until then nothing of the group is run. */
  holdUntil: number | null;
}

export interface Worker {
  /** Runs at once over all groups. */
  concurrency: number;
  /** A run that takes longer loses its lease: its fence moves on and another run begins. */
  leaseMs: number;
  /** `isAsked`: what is next was asked for by a person, so that no hold counts but the pace. */
  limit?(group: string, isAsked: boolean): GroupLimit;
  /**
   * What the group shares with others, such as the host that they call: together they are given a part of the runs only, so
   * that others always find some. None = nothing.
   */
  share?(group: string): string;
  /** Called before the group takes a turn, so that what decides its limit and its share is known; null = it is. */
  meet?(group: string): Promise<void> | null;
  /**
   * Does the job and ends it in its own commit (by `lease`). A job that returns without having been ended stays; one that
   * throws is run again later, with back-off.
   */
  run(lease: Lease, signal: Cancellation): Promise<void>;
}

/**
 * Work that survives the process: jobs are made inside the commit that needs them (`NewJob` in the store's acts) and run
 * here, round-robin over groups. A job of a dead process is run again at once by the next.
 */
export interface JobEngine {
  work(queue: Queue, worker: Worker): void;
  /** Runs `action` at each tick of a cron expression (5 or 6 fields, as node-cron reads them); a tick that overlaps is skipped. */
  schedule(name: string, cron: string, action: () => Promise<void>): void;
  start(): Promise<void>;
  /** Looks again at a group whose limit changed (a hold that ended, a subscription that was resumed). */
  wake(queue: Queue, group: string): void;
  /** Resolves when nothing is due and nothing runs. For tests and short-lived commands. */
  drain(): Promise<void>;
  /** Takes no new work, and waits up to `graceMs` for what runs; then aborts it. */
  stop(graceMs: number): Promise<void>;
  running(queue: Queue): number;
  vitals(): EngineVitals;
}

/** How the machine itself fares. Times are ms since the epoch. */
interface EngineVitals {
  /** Null while it does not run. */
  startedAt: number | null;
  /** Since when a job that is due and might run waits, although there is room; null when none does. */
  overdueSince: number | null;
  /** When the last run of each schedule ended, by its name. */
  ticks: ReadonlyMap<string, number>;
}
