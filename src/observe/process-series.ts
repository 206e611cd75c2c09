import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Series } from "./series.ts";

/** How often the delay is looked at, in ms. */
const RESOLUTION_MS = 10;
const NS = 1e9;
const US = 1e6;

/**
 * What the process itself uses, by the names that dashboards for Node and Prometheus know. The event loop's delay is measured
 * from here on, each time since it was last told.
 */
export function processSeries(): Series[] {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  return [
    {
      type: "gauge",
      name: "nodejs_eventloop_delay_seconds",
      help: "How late the event loop was since the last scrape.",
      labels: ["quantile"],
      points() {
        // A timer is never early: what it measures holds its own wait.
        const late = (ns: number) => Math.max(ns / NS - RESOLUTION_MS / 1_000, 0);
        const told = [50, 99, 100].map(
          (percent) => [[String(percent / 100)], late(delay.percentile(percent))] as const,
        );
        delay.reset();
        return told;
      },
    },
    {
      type: "counter",
      name: "process_cpu_seconds_total",
      help: "Time that the process has had of the processors.",
      labels: [],
      points() {
        const { user, system } = process.cpuUsage();
        return [[[], (user + system) / US]];
      },
    },
    {
      type: "gauge",
      name: "process_resident_memory_bytes",
      help: "Memory that the process has.",
      labels: [],
      points: () => [[[], process.memoryUsage.rss()]],
    },
    {
      type: "gauge",
      name: "nodejs_heap_used_bytes",
      help: "Memory of JavaScript's values.",
      labels: [],
      points: () => [[[], process.memoryUsage().heapUsed]],
    },
    {
      type: "gauge",
      name: "process_start_time_seconds",
      help: "When the process began, in seconds since 1970.",
      labels: [],
      points: () => [[[], performance.timeOrigin / 1_000]],
    },
  ];
}
