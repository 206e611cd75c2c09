import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { systemClock } from "./kernel/clock.ts";

/** Both halves of the nursery, in bytes. With four times as much, calls are not served any faster. */
const LARGEST = 16 * 1024 * 1024;
const LOOK_MS = 1_000;

/**
 * Lets V8's nursery grow as calls come, which bin/tidewire.js held small for the start, but not to the 64 MB that V8 would
 * have: what it took it never gives back. After a rest V8 makes it small again, so that it must be let grow anew: calls that had
 * to do with 2 MB took half as much again, and 80 MB more of the old space.
 */
export function freeNursery(): void {
  setFlagsFromString("--semi-space-growth-factor=2");
  const observer = new PerformanceObserver(() => {
    if (nurserySize() < LARGEST) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    observer.disconnect();
    freeWhenSmall();
  });
  observer.observe({ entryTypes: ["gc"] });
}

/** Looks each second, not at each of the hundreds of times that V8 collects in it. */
function freeWhenSmall(): void {
  systemClock.after(LOOK_MS, nurserySize() < LARGEST ? freeNursery : freeWhenSmall);
}

function nurserySize(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
