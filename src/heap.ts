import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { isObject } from "./kernel/json.ts";

/** Both halves of the nursery, in bytes. With four times as much, calls are not served any faster. */
const LARGEST = 16 * 1024 * 1024;

/**
 * Lets V8's nursery grow as calls come, which bin/tidewire.js held small for the start, but not to the 64 MB that V8 would
 * have: what it took it never gives back. When V8 collects all in a rest it makes the nursery small again, which must then be let
 * grow anew: calls that had to do with 2 MB took half as much again, and within a second 70 MB more of the old space.
 */
export function freeNursery(): void {
  let mayGrow = true;
  letGrow(mayGrow);
  const observer = new PerformanceObserver((list) => {
    if (!mayGrow && !list.getEntries().some(isOfAll)) return;
    const isSmall = nurserySize() < LARGEST;
    if (isSmall === mayGrow) return;
    mayGrow = isSmall;
    letGrow(mayGrow);
  });
  observer.observe({ entryTypes: ["gc"] });
}

function letGrow(mayGrow: boolean): void {
  setFlagsFromString(`--semi-space-growth-factor=${mayGrow ? 2 : 1}`);
}

/** True for a collection of the whole heap. */
function isOfAll(entry: object): boolean {
  const detail: unknown = "detail" in entry ? entry.detail : null;
  return isObject(detail) && detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

function nurserySize(): number {
  return getHeapSpaceStatistics().find((space) => space.space_name === "new_space")?.space_size ?? 0;
}
