import type { Clock } from "../../src/kernel/clock.ts";

interface Timer {
  at: number;
  order: number;
  action: () => void;
}

/** A clock that stands still until it is turned by hand. Timers fire in the order of their time. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  #timers = new Set<Timer>();

  /** Starts at 2026-11-20T08:00:00Z unless told. */
  constructor(startMs: number = Date.UTC(2026, 10, 20, 8)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, action: () => void): () => void {
    // Whole milliseconds, as a system's clock has: delays with chance in them are fractions.
    const timer = { at: this.#now + Math.ceil(Math.max(delayMs, 0)), order: this.#order++, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Lets what is ready run, then turns the clock on by `ms`, firing each timer on the way and letting what it woke run. */
  async advance(ms: number): Promise<void> {
    await settle();
    const end = this.#now + ms;
    for (let next = this.#nextDue(end); next; next = this.#nextDue(end)) {
      this.#now = Math.max(next.at, this.#now);
      this.#timers.delete(next);
      next.action();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** What the clock shows is changed by `ms`, forward or back, as by an operator: no time goes by, and no timer notices. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers) timer.at += ms;
  }

  get pending(): number {
    return this.#timers.size;
  }

  #nextDue(end: number): Timer | undefined {
    return [...this.#timers].filter((t) => t.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** More turns of the event loop than a try over a new connection takes here, with its outcome and the webhook that tells of it. */
const TURNS = 16;

/** Lets promises and immediates that are ready run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
}
