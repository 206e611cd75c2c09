import type * as client from "prom-client";
import type { Durations, Meters } from "./meters.ts";
import { processSeries } from "./process-series.ts";
import { type Point, SERIES } from "./series.ts";
import type { State } from "./state.ts";

/** How things stand, in Prometheus' text format. */
export interface Printed {
  contentType: string;
  text: string;
}

/** Loads prom-client, which a server that nobody scrapes never needs, and gives what prints by it. */
export async function createPrometheus(meters: Meters): Promise<(state: State) => Promise<Printed>> {
  const prom: typeof client = await import("prom-client");
  const registry = new prom.Registry();
  const metrics = [...SERIES, ...processSeries()].map((series) => {
    const { type, name, help, labels } = series;
    const options = { name, help, labelNames: labels, registers: [registry] };
    return { series, metric: type === "gauge" ? new prom.Gauge(options) : new prom.Counter(options) };
  });
  registry.registerMetric(attemptSeconds(prom, meters.attemptSeconds));
  return async (state) => {
    for (const { series, metric } of metrics) {
      metric.reset();
      for (const point of series.points(meters, state)) put(metric, series.labels, point);
    }
    return { contentType: registry.contentType, text: await registry.metrics() };
  };
}

function put(metric: client.Gauge | client.Counter, names: readonly string[], [values, value]: Point): void {
  const labels = Object.fromEntries(names.map((name, n) => [name, values[n] ?? ""]));
  if ("set" in metric) metric.set(labels, value);
  else metric.inc(labels, value);
}

/** prom-client's histograms count for themselves; this one tells what was counted before it was there. */
function attemptSeconds({ Histogram }: typeof client, durations: Durations) {
  const name = "tidewire_delivery_attempt_duration_seconds";
  const help = "How long tries of deliveries took.";
  const point = (suffix: string, value: number, labels = {}) => ({ metricName: name + suffix, labels, value });
  const getForPromString = async () => {
    let below = 0;
    const buckets = durations.counts.map((count, n) => {
      below += count;
      return point("_bucket", below, { le: durations.bounds[n] ?? "+Inf" });
    });
    const values = [...buckets, point("_sum", durations.sum), point("_count", below)];
    return { name, help, type: "histogram", values };
  };
  return Object.assign(new Histogram({ name, help, registers: [] }), { getForPromString });
}
