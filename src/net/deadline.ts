import type { Clock } from "../kernel/clock.ts";
import { abortFailure } from "./failure.ts";
import { HttpFailure } from "./port.ts";

/** One total deadline, for a body that is read after the call that began it. `close` it when the last byte is read. */
export interface Deadline {
  /** Aborted with HttpFailure `timeout` when the time is over, or with the parent's reason. */
  signal: AbortSignal;
  /** Gives it `ms` from now, whatever was left: for a stream, the longest silence. */
  restart(ms: number): void;
  /** Stops the timer; the parent still counts. */
  pause(): void;
  /** Lets go of the timer and of the parent; the signal is not aborted any more. */
  close(): void;
}

/** Starts a deadline `ms` from now that also ends when `parent` is aborted. */
export function openDeadline(clock: Clock, ms: number, parent?: AbortSignal): Deadline {
  const controller = new AbortController();
  const start = (delayMs: number) =>
    clock.after(delayMs, () => {
      controller.abort(new HttpFailure("timeout", `There was no answer within ${inWords(delayMs)}.`, true));
    });
  let cancel = start(ms);
  const onParent = () => controller.abort(parent?.reason);
  if (parent?.aborted) onParent();
  parent?.addEventListener("abort", onParent, { once: true });
  return {
    signal: controller.signal,
    restart(delayMs) {
      cancel();
      cancel = start(delayMs);
    },
    pause: () => cancel(),
    close() {
      cancel();
      parent?.removeEventListener("abort", onParent);
    },
  };
}

/**
 * Runs something under one total deadline, whatever it does with its signal. Rejects with HttpFailure `timeout` when `ms`
 * are over and with `aborted` when the parent goes first. What `run` started must be over when it returns.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (parent?.aborted) throw abortFailure(parent.reason, false);
  const deadline = openDeadline(clock, ms, parent);
  try {
    return await Promise.race([run(deadline.signal), rejectsAfterAbort(deadline.signal)]);
  } finally {
    deadline.close();
  }
}

/** Rejects one turn after the abort: `run` knows better whether its request was sent, so it may speak first. */
function rejectsAfterAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => setImmediate(() => reject(abortFailure(signal.reason, true))), {
      once: true,
    });
  });
}

function inWords(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
