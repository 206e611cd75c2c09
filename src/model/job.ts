import type { Json } from "../kernel/json.ts";

/** The queues there are. A job of `deliver` or `replay` is grouped by its subscription, one of `run` by its connection. */
export type Queue = "deliver" | "fan_out" | "run" | "replay";

/** Work to do later, made in the commit that needs it. A delivery needs none: what has a next attempt is a job of `deliver` by itself. */
export interface NewJob {
  queue: Exclude<Queue, "deliver">;
  /** Fairness and limits go by group: a group with much work never starves another. */
  group: string;
  /** When set, a second job of the same queue and key is not made while the first is there. */
  key: string | null;
  /** ms since the epoch. */
  dueAt: number;
  payload: Json;
}

/** A job under way. `fence` is what its outcome's commit compares: a worker that lost the lease cannot write. */
export interface Lease {
  jobId: number;
  queue: Queue;
  group: string;
  fence: number;
  dueAt: number;
  payload: Json;
  /** True when a person asked for it: its group's hold does not keep it back. */
  isAsked?: true;
}
