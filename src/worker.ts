import { createRunWorker } from "./actions/jobs/worker.ts";
import type { Ports } from "./context.ts";
import { DeliverWorker } from "./delivery/deliver.ts";
import { createReplayWorker } from "./delivery/replay/worker.ts";
import { createFanOutWorker } from "./events/publish.ts";
import { sleep } from "./kernel/clock.ts";
import type { PrunePlace } from "./store/acts.ts";
import { tick } from "./triggers/tick.ts";
import { sweepWhenWatched } from "./triggers/watched.ts";

const EVERY_SECOND = "* * * * * *";
const EVERY_MINUTE = "* * * * *";
/** Events and deliveries that one step of the retention deletes, and the rest after it: others have most of the time. */
const PRUNE_ROWS = 100;
const PRUNE_REST_MS = 20;
const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000;

/** Says who does which background work, and when. Nothing runs before `ports.jobs.start()`. */
export function addWorkers(ports: Ports): void {
  ports.jobs.work("deliver", new DeliverWorker(ports));
  ports.jobs.work("fan_out", createFanOutWorker(ports));
  ports.jobs.work("run", createRunWorker(ports));
  ports.jobs.work("replay", createReplayWorker(ports));
  sweepWhenWatched(ports);
  ports.jobs.schedule("pollers", EVERY_SECOND, () => tick(ports));
  ports.jobs.schedule("retention", EVERY_MINUTE, () => prune(ports));
}

/** In steps with a rest after each, so that traffic goes on; a stop ends it after the present one. */
async function prune({ store, jobs, clock, config, log }: Ports): Promise<void> {
  const before = clock.now() - config.TIDEWIRE_RETENTION;
  let events = 0;
  for (let place: PrunePlace | null | undefined; place !== null && jobs.vitals().startedAt !== null; ) {
    const pruned = await store.prune(before, PRUNE_ROWS, place);
    events += pruned.events;
    place = pruned.next;
    if (place !== null) await sleep(clock, PRUNE_REST_MS);
  }
  const forgotten = clock.now() - IDEMPOTENCY_KEPT_MS;
  while ((await store.idempotency.prune(forgotten, PRUNE_ROWS)) === PRUNE_ROWS) await sleep(clock, PRUNE_REST_MS);
  if (events > 0) log.info({ events }, "events beyond retention removed");
}
