import type { Cancellation } from "./canceller.ts";

/**
 * What `promise` comes to, or `reason()` as a rejection once the signal is aborted. What the promise does goes on then, and
 * nobody hears of its end.
 */
export function unlessAborted<T>(promise: Promise<T>, signal: Cancellation, reason: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(reason());
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    void promise.then(resolve, reject).then(() => signal.removeEventListener("abort", giveUp));
  });
}
