import type { Ports } from "../context.ts";
import type { Queue } from "../model/job.ts";
import type { DatabaseSize } from "../store/contract.ts";
import { type ShownPoller, shownPollers } from "./shown-pollers.ts";

export type StatePorts = Pick<Ports, "store" | "jobs" | "clock" | "connectors">;

/** How things stand now, as the database and the machines tell it. */
export interface State {
  now: number;
  /** ms; 0 when no delivery is pending. */
  oldestPendingMs: number;
  /** Jobs stored, and jobs under way, by queue. */
  queues: { queue: Queue; stored: number; running: number }[];
  /** By status. */
  subscriptions: Map<string, number>;
  pollers: ShownPoller[];
  size: DatabaseSize;
}

const QUEUES: readonly Queue[] = ["deliver", "fan_out", "run", "replay"];
/** What nobody has yet is told as none. */
const SUBSCRIPTION_STATUSES = ["active", "paused", "disabled"];

/** Reads how things stand, by few and short queries. */
export async function readState(ports: StatePorts): Promise<State> {
  const { store, jobs, clock } = ports;
  const now = clock.now();
  const oldest = await store.vitals.oldestPending();
  const queues = [];
  for (const queue of QUEUES) {
    queues.push({ queue, stored: await store.vitals.depth(queue), running: jobs.running(queue) });
  }
  return {
    now,
    oldestPendingMs: oldest === null ? 0 : Math.max(now - oldest, 0),
    queues,
    subscriptions: await countSubscriptions(ports),
    pollers: await shownPollers(ports),
    size: await store.vitals.size(),
  };
}

async function countSubscriptions({ store }: StatePorts): Promise<Map<string, number>> {
  const counts = new Map(SUBSCRIPTION_STATUSES.map((status) => [status, 0]));
  for (const { status } of await store.subscriptions.all()) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}
