import type { Clock } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { TimeKeeping } from "../store/job-store.ts";

/** How often it looks, and so for how long at most a clock that was put back holds anything up. */
const EVERY_MS = 60_000;
/** How often the time is written down, for the next process. */
const MARK_EVERY_MS = 10 * EVERY_MS;
/** Smaller steps keep a clock right; what is due waits that much longer. */
const TOLERATED_MS = 5_000;

/**
 * Notices that the system's clock was put back, while this process runs or before it began, and has the store bring forward
 * what waits for a moment by the old one. A clock that is put forward needs no help: what is due then is due.
 */
export class ClockWatch {
  readonly #store: TimeKeeping;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #turnedBack: () => Promise<void>;
  /** By how much it was put back without the store having been told, ms. */
  #owed = 0;
  #markedAt = Number.NEGATIVE_INFINITY;
  #cancel = () => {};

  /** `turnedBack` is told after the store. */
  constructor(store: TimeKeeping, clock: Clock, log: Log, turnedBack: () => Promise<void>) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#turnedBack = turnedBack;
  }

  async start(): Promise<void> {
    await this.#look((await this.#store.lastMark()) ?? Number.NEGATIVE_INFINITY);
    this.#arm();
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    const expected = this.#clock.now() + EVERY_MS;
    this.#cancel = this.#clock.after(EVERY_MS, () => {
      this.#arm();
      this.#look(expected).catch((error: unknown) => this.#log.error({ err: error }, "the time could not be kept"));
    });
  }

  /** `expected` is what the clock must show at least, ms since the epoch. */
  async #look(expected: number): Promise<void> {
    const now = this.#clock.now();
    const behind = expected - now;
    if (behind > TOLERATED_MS) this.#owed += behind;
    if (this.#owed > 0) {
      const byMs = this.#owed;
      this.#log.warn({ byMs }, "the clock was put back; what is due comes by the new time");
      await this.#store.turnBack(byMs, now);
      this.#owed -= byMs;
      await this.#turnedBack();
    }
    if (behind <= 0 && now - this.#markedAt < MARK_EVERY_MS) return;
    await this.#store.mark(now);
    this.#markedAt = now;
  }
}
