import type { Clock } from "./clock.ts";

/**
 * A reading for many who ask: those who ask while it is made share it, and for `keptMs` after it began its result is given
 * again. One that failed is not kept.
 */
export function sharedReading<T>(clock: Pick<Clock, "now">, keptMs: number, read: () => Promise<T>): () => Promise<T> {
  let last: { at: number; result: Promise<T> } | null = null;
  return () => {
    const now = clock.now();
    if (last !== null && now >= last.at && now - last.at < keptMs) return last.result;
    const reading = { at: now, result: read() };
    reading.result.catch(() => {
      if (last === reading) last = null;
    });
    last = reading;
    return reading.result;
  };
}
