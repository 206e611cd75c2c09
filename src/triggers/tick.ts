import { crashDelay } from "../jobs/crash-delay.ts";
import type { StoredPoller } from "../model/poller.ts";
import type { Store } from "../store/contract.ts";
import type { SweepPorts } from "./sweep-run.ts";
import { runningOf, startSweep } from "./sweeps.ts";

/** Sweeps under way at once. */
const CONCURRENCY = 8;

/** A poller whose sweeps could not be stored, `times` in a row: until then (ms since the epoch) it asks its provider for nothing. */
interface Wait {
  times: number;
  until: number;
}

/** By poller id; in memory, since the database would not take it. */
const waitsIn = new WeakMap<Store, Map<string, Wait>>();

/** Starts the sweeps that are due, up to what may run at once, and does not wait for them. One that runs is not started again. */
export async function tick(ports: SweepPorts): Promise<void> {
  const { store, clock } = ports;
  const running = runningOf(store);
  const waits = waitsIn.get(store) ?? new Map<string, Wait>();
  waitsIn.set(store, waits);
  const due = await store.pollers.due(clock.now(), CONCURRENCY + running.size + waits.size);
  for (const poller of due) {
    if (running.size >= CONCURRENCY) return;
    if (running.has(poller.id) || (waits.get(poller.id)?.until ?? 0) > clock.now()) continue;
    start(ports, poller, waits);
  }
}

function start(ports: SweepPorts, { id }: StoredPoller, waits: Map<string, Wait>): void {
  const { clock, log } = ports;
  const isDue = (now: StoredPoller) => now.nextRunAt <= clock.now() && now.state !== "paused";
  const failed = (err: unknown) => {
    const times = (waits.get(id)?.times ?? 0) + 1;
    const delayMs = crashDelay(times);
    waits.set(id, { times, until: clock.now() + delayMs });
    log.error({ poller: id, times, delayMs, err }, "a sweep could not be stored");
  };
  startSweep(ports, id, isDue).then(() => waits.delete(id), failed);
}
