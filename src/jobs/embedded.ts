import { type Clock, sleep } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { Queue } from "../model/job.ts";
import type { JobStore } from "../store/job-store.ts";
import { ClockWatch } from "./clock-watch.ts";
import type { JobEngine } from "./contract.ts";
import { type StartCron, systemCron } from "./cron.ts";
import { QueueRunner } from "./queue-runner.ts";
import { Schedules } from "./schedules.ts";

export interface EmbeddedOptions {
  store: JobStore;
  clock: Clock;
  log: Log;
  /** Where ticks come from; the system's clock unless told. */
  startCron?: StartCron | undefined;
}

/** How long a run that was asked to break off may take to do so. */
const ABORT_MS = 1_000;

/**
 * The job engine for a database that one process has for itself. Leases live in memory and fences in the database
 * (docs/adr/0003): claiming writes nothing, and what a dead process held is free at the next start.
 */
export function createEmbeddedJobs(options: EmbeddedOptions): JobEngine {
  const { store, clock, log, startCron = systemCron(log) } = options;
  const runners = new Map<Queue, QueueRunner>();
  const schedules = new Schedules(startCron, log, clock);
  let startedAt: number | null = null;
  const all = () => [...runners.values()];
  const isIdle = () => schedules.isIdle && all().every((runner) => runner.isIdle);

  const watch = new ClockWatch(store, clock, log, async () => {
    schedules.restart();
    await Promise.all(all().map((runner) => runner.turnedBack()));
  });

  store.onEnqueued((notice) => runners.get(notice.queue)?.notice(notice));
  store.onEnded(({ queue, jobId }) => runners.get(queue)?.ended(jobId));

  return {
    work(queue, worker) {
      runners.set(queue, new QueueRunner(queue, worker, { store, clock, log }));
    },
    schedule: (name, expression, action) => schedules.add({ name, expression, action }),
    async start() {
      await watch.start();
      await Promise.all(all().map((runner) => runner.start()));
      schedules.start();
      startedAt = clock.now();
    },
    wake: (queue, group) => runners.get(queue)?.wake(group),
    async drain() {
      do await Promise.all([schedules.settled(), ...all().map((runner) => runner.whenIdle())]);
      while (!isIdle());
    },
    async stop(graceMs) {
      startedAt = null;
      watch.stop();
      const settled = Promise.all([schedules.stop(), ...all().map((runner) => runner.stop())]);
      const isDone = await Promise.race([settled.then(() => true), sleep(clock, graceMs).then(() => false)]);
      if (isDone) return;
      for (const runner of all()) runner.abort();
      await Promise.race([settled, sleep(clock, ABORT_MS)]);
    },
    running: (queue) => runners.get(queue)?.running ?? 0,
    vitals() {
      const overdue = Math.min(...all().map((runner) => runner.overdueSince));
      return { startedAt, overdueSince: Number.isFinite(overdue) ? overdue : null, ticks: schedules.ticks };
    },
  };
}
