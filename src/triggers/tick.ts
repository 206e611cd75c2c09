import { groundOf } from "../engine/ground.ts";
import { crashDelay } from "../jobs/crash-delay.ts";
import type { DuePoller, StoredPoller } from "../model/poller.ts";
import type { Store } from "../store/contract.ts";
import type { SweepPorts } from "./sweep-run.ts";
import { runningOf, startSweep } from "./sweeps.ts";

/** Sweeps under way at once: each holds a page or two in memory. */
const AT_ONCE = 64;
/** Of these, to one host: half, so that a provider that is slow leaves room for the others. */
const PER_HOST = 32;
/** Due pollers that one tick looks at. */
const LOOKED_AT = 10_000;

/** A poller whose sweeps could not be stored, `times` in a row: until then (ms since the epoch) it asks its provider for nothing. */
interface Wait {
  times: number;
  until: number;
}

interface Queue {
  /** What is due with the host that it asks, the longest overdue first. */
  due: Map<string, string>;
  /** By poller id; in memory, since the database would not take it. */
  waits: Map<string, Wait>;
}

const queues = new WeakMap<Store, Queue>();

/**
 * Finds what is due and starts its sweeps, up to what may run at once; each that ends makes room for the next. None is waited
 * for, and one that runs is not started again.
 */
export async function tick(ports: SweepPorts): Promise<void> {
  const { store, clock } = ports;
  const queue = queues.get(store) ?? { due: new Map(), waits: new Map() };
  queues.set(store, queue);
  const due = await store.pollers.due(clock.now(), LOOKED_AT);
  const hosts = await Promise.all(due.map((poller) => hostOf(ports, poller)));
  queue.due = new Map(due.map(({ id }, n) => [id, hosts[n] ?? ""]));
  startNext(ports, queue);
}

function startNext(ports: SweepPorts, queue: Queue): void {
  const running = runningOf(ports.store);
  const now = ports.clock.now();
  for (const [id, host] of queue.due) {
    const busy = [...running.values()].filter(({ isResting }) => !isResting);
    if (busy.length >= AT_ONCE) return;
    if (running.has(id) || (queue.waits.get(id)?.until ?? 0) > now) queue.due.delete(id);
    else if (busy.filter((one) => one.host === host).length < PER_HOST) {
      queue.due.delete(id);
      void start(ports, queue, id, host);
    }
  }
}

async function start(ports: SweepPorts, queue: Queue, id: string, host: string): Promise<void> {
  const { clock, log } = ports;
  const isDue = (now: StoredPoller) => now.nextRunAt <= clock.now() && now.state !== "paused";
  try {
    await startSweep(ports, id, { wanted: isDue, host });
    queue.waits.delete(id);
  } catch (err) {
    const times = (queue.waits.get(id)?.times ?? 0) + 1;
    const delayMs = crashDelay(times);
    queue.waits.set(id, { times, until: clock.now() + delayMs });
    log.error({ poller: id, times, delayMs, err }, "a sweep could not be stored");
  }
  startNext(ports, queue);
}

/** Where a poller's requests go; empty when that cannot be said, which its sweep will tell. */
async function hostOf(
  { store, connectors }: SweepPorts,
  { connector: handle, connectionId }: DuePoller,
): Promise<string> {
  const connector = connectors.find((one) => one.handle === handle);
  const connection = await store.connections.get(connectionId);
  if (!connector || !connection) return "";
  try {
    return groundOf({ connector, account: connection }).origin;
  } catch {
    return "";
  }
}
