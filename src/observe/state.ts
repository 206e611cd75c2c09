import { setImmediate } from "node:timers/promises";
import { isWithheld } from "../connections/withheld.ts";
import type { Ports } from "../context.ts";
import type { Queue } from "../model/job.ts";
import type { StoredPoller } from "../model/poller.ts";
import type { DatabaseSize } from "../store/contract.ts";

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
  pollers: { poller: StoredPoller; connection: string }[];
  size: DatabaseSize;
}

const QUEUES: readonly Queue[] = ["deliver", "fan_out", "run", "replay"];
/** What nobody has yet is told as none. */
const SUBSCRIPTION_STATUSES = ["active", "paused", "disabled"];
/** Pollers read at once. */
const POLLERS = 200;

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
    pollers: await allPollers(ports),
    size: await store.vitals.size(),
  };
}

async function countSubscriptions({ store }: StatePorts): Promise<Map<string, number>> {
  const counts = new Map(SUBSCRIPTION_STATUSES.map((status) => [status, 0]));
  for (const { status } of await store.subscriptions.all()) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

/** There may be thousands: others have their turn between two pages. */
async function allPollers({ store, connectors }: StatePorts): Promise<State["pollers"]> {
  const connections = new Map((await store.connections.all()).map((one) => [one.id, one]));
  const all: State["pollers"] = [];
  let cursor: string | undefined;
  do {
    const page = await store.pollers.list({ limit: POLLERS, connections: null, ...(cursor && { cursor }) });
    for (const poller of page.items) {
      const connection = connections.get(poller.connectionId);
      if (!isWithheld(connectors, poller, connection)) all.push({ poller, connection: connection?.name ?? "" });
    }
    cursor = page.nextCursor ?? undefined;
    await setImmediate();
  } while (cursor !== undefined);
  return all;
}
