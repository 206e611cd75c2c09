import { type Clock, systemClock } from "../../src/kernel/clock.ts";

/** A clock that runs as the real one does, but from `start` (ISO 8601) on: what a test says does not depend on the day it runs. */
export function datedClock(start: string): Clock {
  const offsetMs = Date.parse(start) - systemClock.now();
  return { now: () => systemClock.now() + offsetMs, after: systemClock.after };
}
