import { type Clock, isoTime } from "../kernel/clock.ts";

/** The sandbox's own time: the given clock plus what it was advanced by. Nothing waits on it; state is derived from it when read. */
export class WorldClock {
  readonly #clock: Clock;
  #offsetMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now() + this.#offsetMs;
  }

  /** Jumps ahead; a negative `ms` goes back. */
  advance(ms: number): void {
    this.#offsetMs += ms;
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }
}

/** RFC 3339 in UTC with microseconds, as the API writes times. */
export function apiTime(ms: number): string {
  return isoTime(ms).replace("Z", "000Z");
}

/** RFC 3339 in UTC without a fraction, as models and reports have their times. */
export function apiSecond(ms: number): string {
  return `${isoTime(ms).slice(0, 19)}Z`;
}

/** With microseconds, or null. */
export function apiTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : apiTime(ms);
}
