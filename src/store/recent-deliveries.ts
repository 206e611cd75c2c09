import { BusyMap } from "../kernel/busy-map.ts";
import type { DueDelivery } from "./delivery-store.ts";

const MOST = 4_096;
const MOST_CHARACTERS = 4 * 1024 * 1024;
/** What was not asked for in so long (ms) waits for something, and makes room for others. */
const STALE_MS = 10_000;

/**
 * Deliveries that were made a moment ago and go out at once, each until it is asked for: it is not read back from the database
 * that has just taken it. When there are too many, the newest are left out: those before them are sent first.
 */
export class RecentDeliveries {
  readonly #entries = new BusyMap<number, { due: DueDelivery; characters: number }>();
  #characters = 0;

  /** `n` is the delivery's number; `characters` is the length of its event as text. */
  put(n: number, due: DueDelivery, characters: number): void {
    const { createdAt, nextAttemptAt } = due.delivery;
    if (nextAttemptAt !== createdAt) return;
    this.#dropStale(createdAt);
    if (this.#entries.size >= MOST || this.#characters + characters > MOST_CHARACTERS) return;
    this.#entries.set(n, { due, characters });
    this.#characters += characters;
  }

  take(n: number): DueDelivery | undefined {
    const entry = this.#entries.get(n);
    if (entry === undefined) return undefined;
    this.#entries.delete(n);
    this.#characters -= entry.characters;
    return entry.due;
  }

  /** Some of them were changed. */
  clear(): void {
    this.#entries.clear();
    this.#characters = 0;
  }

  #dropStale(now: number): void {
    for (const n of this.#entries.keys()) {
      const createdAt = this.#entries.get(n)?.due.delivery.createdAt ?? 0;
      if (now - createdAt < STALE_MS) return;
      this.take(n);
    }
  }
}
