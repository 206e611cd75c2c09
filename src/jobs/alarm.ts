import type { Clock } from "../kernel/clock.ts";

/** It rings at least this often while something is set, so that a clock that was put forward is noticed. */
const LONGEST_NAP_MS = 60_000;

/** One timer, kept at the earliest moment that was asked for. It may ring early: who is woken looks at the clock and sets it again. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: (aheadMs: number) => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  /** `ring` is told how far the clock is ahead of the time that went by: 0, unless it was put forward, or (less than 0) back. */
  constructor(clock: Clock, ring: (aheadMs: number) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** `at` is in ms since the epoch; a later moment than the one set changes nothing. */
  set(at: number): void {
    if (at >= this.#at) return;
    this.clear();
    this.#at = at;
    const now = this.#clock.now();
    const delay = Math.max(Math.min(at - now, LONGEST_NAP_MS), 0);
    this.#cancel = this.#clock.after(delay, () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring(this.#clock.now() - now - delay);
    });
  }

  clear(): void {
    this.#cancel();
    this.#at = Number.POSITIVE_INFINITY;
  }
}
