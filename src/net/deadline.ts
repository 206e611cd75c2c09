import { type Cancellation, Canceller } from "../kernel/canceller.ts";
import type { Clock } from "../kernel/clock.ts";
import { abortFailure } from "./failure.ts";
import { HttpFailure } from "./port.ts";

/** One total deadline, for a body that is read after the call that began it. `close` it when the last byte is read. */
export class Deadline {
  readonly #clock: Clock;
  readonly #parent: Cancellation | undefined;
  readonly #canceller = new Canceller();
  readonly #onParent = () => this.#canceller.abort(this.#parent?.reason);
  #cancel: () => void;

  /** Begins `ms` from now, and also ends when `parent` is aborted. */
  constructor(clock: Clock, ms: number, parent?: Cancellation) {
    this.#clock = clock;
    this.#parent = parent;
    this.#cancel = this.#start(ms);
    if (parent?.aborted) this.#onParent();
    parent?.addEventListener("abort", this.#onParent, { once: true });
  }

  /** Aborted with HttpFailure `timeout` when the time is over, or with the parent's reason. */
  get signal(): Cancellation {
    return this.#canceller;
  }

  /** Gives it `ms` from now, whatever was left: for a stream, the longest silence. */
  restart(ms: number): void {
    this.#cancel();
    this.#cancel = this.#start(ms);
  }

  /** Stops the timer; the parent still counts. */
  pause(): void {
    this.#cancel();
  }

  /** Lets go of the timer and of the parent; the signal is not aborted any more. */
  close(): void {
    this.#cancel();
    this.#parent?.removeEventListener("abort", this.#onParent);
  }

  #start(ms: number): () => void {
    return this.#clock.after(ms, () => {
      this.#canceller.abort(new HttpFailure("timeout", `There was no answer within ${inWords(ms)}.`, true));
    });
  }
}

/**
 * Runs something under one total deadline, whatever it does with its signal. Rejects with HttpFailure `timeout` when `ms`
 * are over and with `aborted` when the parent goes first. What `run` started must be over when it returns.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: Cancellation | undefined,
  run: (signal: Cancellation) => Promise<T>,
): Promise<T> {
  if (parent?.aborted) throw abortFailure(parent.reason, false);
  const deadline = new Deadline(clock, ms, parent);
  try {
    return await Promise.race([run(deadline.signal), rejectsAfterAbort(deadline.signal)]);
  } finally {
    deadline.close();
  }
}

/** Rejects one turn after the abort: `run` knows better whether its request was sent, so it may speak first. */
function rejectsAfterAbort(signal: Cancellation): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => setImmediate(() => reject(abortFailure(signal.reason, true))), {
      once: true,
    });
  });
}

function inWords(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
