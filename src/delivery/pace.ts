import type { RateLimit } from "../model/subscription.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/**
 * Keeps tries to a rate: a bucket for each kind of limit, as large as the limit, that fills evenly. After a quiet spell as
 * many may begin at once as the bucket holds, and then one whenever there is another token.
 */
export class Pace {
  readonly #buckets: readonly Bucket[];

  /**
   * `now` is in ms since the epoch. Empty buckets are for a subscription that had others before this process, which may have
   * used up the tokens of this minute.
   */
  constructor({ perSecond, perMinute }: RateLimit, now: number, isFull: boolean) {
    const limits = [
      { count: perSecond, periodMs: SECOND_MS },
      { count: perMinute, periodMs: MINUTE_MS },
    ];
    this.#buckets = limits.flatMap(({ count, periodMs }) =>
      count === null ? [] : [new Bucket(count, periodMs, isFull ? now : now + periodMs)],
    );
  }

  /** When the next try may begin: not later than `now` when at once. Both in ms since the epoch. */
  nextAt(now: number): number {
    return Math.max(...this.#buckets.map((bucket) => bucket.nextAt(now)));
  }

  /** A try begins. */
  take(now: number): void {
    for (const bucket of this.#buckets) bucket.take(now);
  }
}

/** A bucket of tokens, kept as the moment at which it is full: one number, and no timer that fills it. */
class Bucket {
  readonly #periodMs: number;
  readonly #intervalMs: number;
  #fullAt: number;

  constructor(count: number, periodMs: number, fullAt: number) {
    this.#periodMs = periodMs;
    this.#intervalMs = periodMs / count;
    this.#fullAt = fullAt;
  }

  nextAt(now: number): number {
    this.#keepTo(now);
    return Math.ceil(this.#fullAt - this.#periodMs + this.#intervalMs);
  }

  take(now: number): void {
    this.#keepTo(now);
    this.#fullAt = Math.max(this.#fullAt, now) + this.#intervalMs;
  }

  /** It is never further from full than empty: a clock that was put back would else hold everything up. */
  #keepTo(now: number): void {
    this.#fullAt = Math.min(this.#fullAt, now + this.#periodMs);
  }
}
