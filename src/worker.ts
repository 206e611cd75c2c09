import { createRunWorker } from "./actions/jobs/worker.ts";
import type { Ports } from "./context.ts";
import { DeliverWorker } from "./delivery/deliver.ts";
import { createReplayWorker } from "./delivery/replay/worker.ts";
import { createFanOutWorker } from "./events/publish.ts";
import { tick } from "./triggers/tick.ts";

const EVERY_SECOND = "* * * * * *";
const EVERY_TEN_MINUTES = "*/10 * * * *";
/** Events that one commit of the retention removes: small enough that deliveries never wait for it. */
const PRUNE_BATCH = 500;
const IDEMPOTENCY_KEPT_MS = 24 * 3_600_000;

/** Says who does which background work, and when. Nothing runs before `ports.jobs.start()`. */
export function addWorkers(ports: Ports): void {
  ports.jobs.work("deliver", new DeliverWorker(ports));
  ports.jobs.work("fan_out", createFanOutWorker(ports));
  ports.jobs.work("run", createRunWorker(ports));
  ports.jobs.work("replay", createReplayWorker(ports));
  ports.jobs.schedule("pollers", EVERY_SECOND, () => tick(ports));
  ports.jobs.schedule("retention", EVERY_TEN_MINUTES, () => prune(ports));
}

async function prune({ store, clock, config, log }: Ports): Promise<void> {
  const before = clock.now() - config.TIDEWIRE_RETENTION;
  let removed = 0;
  for (let batch = PRUNE_BATCH; batch === PRUNE_BATCH; removed += batch) batch = await store.prune(before, PRUNE_BATCH);
  await store.idempotency.prune(clock.now() - IDEMPOTENCY_KEPT_MS);
  if (removed > 0) log.info({ removed }, "events beyond retention removed");
}
