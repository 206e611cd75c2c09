import { PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

/** Both halves of the nursery, in bytes. With four times as much, calls are not served any faster. */
const LARGEST = 16 * 1024 * 1024;

/**
 * Lets V8's nursery grow as calls come, which bin/tidewire.js held small for the start, but not to the 64 MB that V8 would
 * have: what it took it never gives back. After a rest V8 makes it small again, so that it must be let grow anew: calls that had
 * to do with 2 MB took half as much again, and 80 MB more of the old space.
 */
export function freeNursery(): void {
  let mayGrow: boolean | null = null;
  const look = () => {
    const isSmall = nurserySize() < LARGEST;
    if (isSmall === mayGrow) return;
    mayGrow = isSmall;
    setFlagsFromString(`--semi-space-growth-factor=${isSmall ? 2 : 1}`);
  };
  new PerformanceObserver(look).observe({ entryTypes: ["gc"] });
  look();
}

function nurserySize(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
