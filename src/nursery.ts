import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Both halves of the nursery, in bytes. With four times as much, calls are not served any faster. */
const LARGEST = 16 * 1024 * 1024;

/**
 * Lets V8's nursery grow as calls come, which bin/tidewire.js held small for the start, but not to the 64 MB that V8 would
 * have: what it took it never gives back.
 */
export function freeNursery(): void {
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
