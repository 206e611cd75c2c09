import type { Lease, NewJob, Queue } from "../model/job.ts";
import type { CommitResult } from "./acts.ts";

/** A job that was made, or made due again. */
export interface DueNotice extends Pick<Lease, "queue" | "group" | "dueAt"> {
  /** The job itself when it is new or was asked for: nobody need read it. */
  lease?: Lease;
}

/** The jobs behind the embedded engine: those that were made by name, and the deliveries that are due. */
export interface JobStore extends TimeKeeping {
  /** Groups of a queue that have work, with the time their first job is due. */
  groups(queue: Queue): Promise<{ group: string; dueAt: number }[]>;
  /** The due jobs of a group, by time. */
  due(queue: Queue, group: string, now: number, limit: number): Promise<Lease[]>;
  /** When the group's next job after the moment `after` is due; null when it has none. */
  nextDue(queue: Queue, group: string, after: number): Promise<number | null>;
  enqueue(jobs: NewJob[]): Promise<void>;
  /** Ends a job (a delivery stays as it is, without a next attempt), or makes it due again at `next`. `stale` when its fence moved on. */
  finish(lease: Lease, next: number | null): Promise<CommitResult>;
  /** Moves a job's fence on, so that who held it can no longer write. */
  fence(lease: Lease): Promise<void>;
  /** Called after each commit for each job that it made or made due again. */
  onEnqueued(listener: (job: DueNotice) => void): void;
  /** Called after each commit that ended a leased job, or made it due again. */
  onEnded(listener: (lease: Lease) => void): void;
}

/** What keeps moments right when the system's clock does not. */
export interface TimeKeeping {
  /** The time that was last known, ms since the epoch; null before the first. */
  lastMark(): Promise<number | null>;
  mark(now: number): Promise<void>;
  /**
   * The clock was put back by `byMs` and shows `now`: what waits for a later moment (jobs with their deliveries, held
   * subscriptions, pollers) waits that much less, and not beyond.
   */
  turnBack(byMs: number, now: number): Promise<void>;
}
