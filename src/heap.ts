import { constants, PerformanceObserver } from "node:perf_hooks";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { isObject } from "./kernel/json.ts";

/** Both halves of the nursery, in bytes. With four times as much, calls are not served any faster. */
const LARGEST_NURSERY = 16 * 1024 * 1024;

/**
 * By how many percent the heap grows from one collection of all of it to the next. V8 itself would let it become four times as
 * large: a backlog of deliveries filled 130 MB with what was garbage already. With a quarter it is 20 MB less again, but a
 * large file that passes through, whose bytes count here too, takes half as much CPU again.
 */
const GROWTH = 70;

/**
 * Keeps the heap of a server small. Its nursery, which bin/tidewire.js held small for the start, may grow as calls come, but not to
 * the 64 MB that V8 would have: what it took it never gives back. When V8 collects all in a rest it makes the nursery small again,
 * which must then be let grow anew: calls that had to do with 2 MB took half as much again, and within a second 70 MB more
 * of the old space.
 */
export function keepHeapSmall(): void {
  let mayGrow = true;
  letNurseryGrow(mayGrow);
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  const observer = new PerformanceObserver((list) => {
    if (!mayGrow && !list.getEntries().some(isOfAll)) return;
    const isSmall = nurserySize() < LARGEST_NURSERY;
    if (isSmall === mayGrow) return;
    mayGrow = isSmall;
    letNurseryGrow(mayGrow);
  });
  observer.observe({ entryTypes: ["gc"] });
}

function letNurseryGrow(mayGrow: boolean): void {
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
