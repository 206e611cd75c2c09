import type { StoredPoller } from "../model/poller.ts";
import type { SweepPorts } from "./sweep-run.ts";
import { runningOf, startSweep } from "./sweeps.ts";

/** Sweeps under way at once. */
const CONCURRENCY = 8;

/** Starts the sweeps that are due, up to what may run at once, and does not wait for them. One that runs is not started again. */
export async function tick(ports: SweepPorts): Promise<void> {
  const running = runningOf(ports.store);
  const due = await ports.store.pollers.due(ports.clock.now(), CONCURRENCY + running.size);
  for (const poller of due) {
    if (running.size >= CONCURRENCY) return;
    if (running.has(poller.id)) continue;
    const isDue = (now: StoredPoller) => now.nextRunAt <= ports.clock.now() && now.state !== "paused";
    startSweep(ports, poller.id, isDue).catch((err: unknown) => {
      ports.log.error({ poller: poller.id, err }, "a sweep could not be stored");
    });
  }
}
