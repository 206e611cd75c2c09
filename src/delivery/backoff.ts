import type { Random } from "../kernel/random.ts";

/** Share by which a delay varies either way, so that what failed together does not come back together. */
const JITTER = 0.2;
/** A receiver may ask for a day at most. */
export const LONGEST_RETRY_AFTER_MS = 24 * 3_600_000;

/**
 * Milliseconds until the next try after `tries` were made; null when the schedule has run out.
 * `schedule` holds the delay before each try (the first one's too), in ms. A receiver's Retry-After (ms) is kept to up to
 * 24 hours, and never shortens our own delay.
 */
export function nextDelay(
  schedule: readonly number[],
  tries: number,
  random: Random,
  retryAfterMs: number | null,
): number | null {
  const base = schedule[tries];
  if (base === undefined) return null;
  const own = Math.round(base * (1 - JITTER + 2 * JITTER * random()));
  return Math.max(own, cappedRetryAfter(retryAfterMs));
}

/** What of a Retry-After (ms) counts: 0 for none, 24 hours at most. */
export function cappedRetryAfter(retryAfterMs: number | null): number {
  return Math.min(Math.max(retryAfterMs ?? 0, 0), LONGEST_RETRY_AFTER_MS);
}
