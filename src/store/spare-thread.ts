import type { Clock } from "../kernel/clock.ts";
import type { RemoteWriter } from "./remote-writer.ts";

/** Of a second, what writing here may take before the thread is started. It costs 20 MB, and each write a detour. */
const BUSY_MS = 50;
/** After so long with fewer lines than these it is let go. */
const LOOK_MS = 30_000;
const CALM_LINES = 3_000;

/** The thread that writes while there is much to write: started for a burst, ended when that is long over. */
export class SpareThread {
  readonly #clock: Clock;
  #start: (() => Promise<RemoteWriter>) | undefined;
  #writer: RemoteWriter | null = null;
  /** That it comes, or goes. */
  #changing: Promise<void> = Promise.resolve();
  /** The second that is watched, and what of it went into writing here. */
  #watch = { since: 0, busyMs: 0 };
  /** What it was given since the last look. */
  #lines = 0;
  #stopLooking: () => void = () => {};

  /** Without `start` there is none. */
  constructor(clock: Clock, start: (() => Promise<RemoteWriter>) | undefined) {
    this.#clock = clock;
    this.#start = start;
  }

  /** Null while there is none. */
  get writer(): RemoteWriter | null {
    return this.#writer;
  }

  /** What of this second went into writing here, in ms. */
  get busyMs(): number {
    return this.#clock.now() - this.#watch.since >= 1_000 ? 0 : this.#watch.busyMs;
  }

  /** It was given so many lines. */
  noteThere(lines: number): void {
    this.#lines += lines;
  }

  /** Writing here took from one time to the other, ms since the epoch. */
  noteHere(startedAt: number, now: number): void {
    if (now - this.#watch.since >= 1_000) this.#watch = { since: startedAt, busyMs: 0 };
    this.#watch.busyMs += now - startedAt;
    if (this.#watch.busyMs < BUSY_MS || !this.#start) return;
    const start = this.#start;
    this.#start = undefined;
    this.#changing = start().then(
      (writer) => {
        this.#writer = writer;
        this.#look(start);
      },
      () => {}, // where none can be started all goes on here, slower and no less safe
    );
  }

  /** Ends it, when it has come. */
  async close(): Promise<void> {
    this.#start = undefined;
    await this.#changing;
    this.#stopLooking();
    await this.#writer?.close();
  }

  #look(start: () => Promise<RemoteWriter>): void {
    this.#lines = 0;
    this.#stopLooking = this.#clock.after(LOOK_MS, () => {
      const writer = this.#writer;
      if (writer === null || this.#lines >= CALM_LINES || !writer.isIdle) return this.#look(start);
      this.#writer = null;
      this.#start = start;
      this.#changing = writer.close();
    });
  }
}
