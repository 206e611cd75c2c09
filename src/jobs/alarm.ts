import type { Clock } from "../kernel/clock.ts";

/** It rings at least this often while something is set, so that a clock that was put forward is noticed. */
const LONGEST_NAP_MS = 60_000;

/** One timer, kept at the earliest moment that was asked for. It may ring early: who is woken looks at the clock and sets it again. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => {};

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** `at` is in ms since the epoch; a later moment than the one set changes nothing. */
  set(at: number): void {
    if (at >= this.#at) return;
    this.clear();
    this.#at = at;
    const delay = Math.min(at - this.#clock.now(), LONGEST_NAP_MS);
    this.#cancel = this.#clock.after(Math.max(delay, 0), () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  clear(): void {
    this.#cancel();
    this.#at = Number.POSITIVE_INFINITY;
  }
}
