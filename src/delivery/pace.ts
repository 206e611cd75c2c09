import type { RateLimit } from "../model/subscription.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** Keeps tries to a rate: in whatever second, and in whatever minute, no more begin than the limit says. */
export class Pace {
  readonly #limits: readonly { count: number; periodMs: number }[];
  /** When the last tries began, as many as the larger limit has. */
  readonly #begun: LastTimes;

  /**
   * `unknownUntil`: until then (ms since the epoch) others may have begun that are not known, as after a restart, and count as
   * if all had begun at that moment; null for none. `before` is what the subscription kept to until now.
   */
  constructor({ perSecond, perMinute }: RateLimit, unknownUntil: number | null, before: Pace | null = null) {
    const limits = [
      { count: perSecond, periodMs: SECOND_MS },
      { count: perMinute, periodMs: MINUTE_MS },
    ];
    this.#limits = limits.flatMap(({ count, periodMs }) => (count === null ? [] : [{ count, periodMs }]));
    const most = Math.max(perSecond ?? 0, perMinute ?? 0);
    this.#begun = before ? before.#begun.resized(most) : new LastTimes(most, unknownUntil ?? Number.NEGATIVE_INFINITY);
  }

  /** When the next try may begin: not later than `now` when at once. Both in ms since the epoch. */
  nextAt(now: number): number {
    this.#begun.keepTo(now);
    return Math.max(...this.#limits.map(({ count, periodMs }) => this.#begun.back(count) + periodMs));
  }

  /** A try begins. */
  take(now: number): void {
    this.#begun.keepTo(now);
    this.#begun.push(now);
  }
}

/** The last times of something, in a ring that grows up to its size. */
class LastTimes {
  readonly #size: number;
  #times: number[] = [];
  /** Where the next is put. */
  #at = 0;
  /** What those before the oldest count as. */
  #earlier: number;

  constructor(size: number, earlier: number) {
    this.#size = size;
    this.#earlier = earlier;
  }

  push(time: number): void {
    this.#times[this.#at] = time;
    this.#at = (this.#at + 1) % this.#size;
  }

  /** The `n`th time back, 1 for the last; `n` is the size at most. */
  back(n: number): number {
    return this.#times[(this.#at - n + this.#size) % this.#size] ?? this.#earlier;
  }

  /** No time is later than `now`: those of a clock that was put back would else hold everything up. */
  keepTo(now: number): void {
    if (this.back(1) <= now) return;
    this.#times = this.#times.map((time) => Math.min(time, now));
    this.#earlier = Math.min(this.#earlier, now);
  }

  /** The same with another size. */
  resized(size: number): LastTimes {
    const inOrder = [...this.#times.slice(this.#at), ...this.#times.slice(0, this.#at)];
    const isFull = this.#times.length === this.#size;
    const other = new LastTimes(size, (isFull ? inOrder[0] : undefined) ?? this.#earlier);
    for (const time of inOrder) other.push(time);
    return other;
  }
}
