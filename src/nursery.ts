import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Both halves of the nursery, in bytes. With four times as much, calls are not served any faster. */
const LARGEST = 16 * 1024 * 1024;

/** How much what outlived the nursery may grow between two full collections, in percent. V8 would let it grow fourfold. */
const GROWTH = 30;

/**
 * Lets V8's nursery grow as calls come, which bin/tidewire.js held small for the start, but not to the 64 MB that V8 would
 * have: what it took it never gives back. What is under way when the nursery is emptied outlives it, 2 KB of each webhook: while
 * 40,000 of them were sent, that became 80 MB.
 */
export function freeNursery(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  setFlagsFromString("--semi-space-growth-factor=2");
  const observer = new PerformanceObserver(() => {
    if (nurserySize() < LARGEST) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
  });
  observer.observe({ entryTypes: ["gc"] });
}

function nurserySize(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
