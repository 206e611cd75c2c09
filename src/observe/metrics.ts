import { sharedReading } from "../kernel/shared-reading.ts";
import type { Meters } from "./meters.ts";
import { createPrometheus, type Printed } from "./prometheus.ts";
import { readState, type StatePorts } from "./state.ts";

/** However many scrape, the database is asked this often at most. */
const KEPT_MS = 1_000;

/** What `GET /metrics` answers. */
export type Metrics = () => Promise<Printed>;

export function createMetrics(ports: StatePorts, meters: Meters): Metrics {
  let loaded: ReturnType<typeof createPrometheus> | null = null;
  return sharedReading(ports.clock, KEPT_MS, async () => {
    loaded ??= createPrometheus(meters);
    const print = await loaded;
    return print(await readState(ports));
  });
}
