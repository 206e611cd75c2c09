import type { KnownItem } from "../model/poller.ts";
import type { Detection } from "./detect.ts";

/** What a sweep found on its last pages and has not stored yet. */
export class Unstored {
  #found: Detection = { changes: [], told: [] };

  /** How many items it is about. */
  get size(): number {
    return this.#found.changes.length;
  }

  add({ changes, told }: Detection): void {
    this.#found.changes.push(...changes);
    this.#found.told.push(...told);
  }

  /** All of it, which is to be stored now. */
  take(): Detection {
    const found = this.#found;
    this.#found = { changes: [], told: [] };
    return found;
  }

  /** Items as they will be stored. */
  over(known: KnownItem[]): KnownItem[] {
    if (this.size === 0) return known;
    const afters = new Map(this.#found.changes.map(({ after }) => [after.key, after]));
    return known.map((item) => ({ ...item, ...afters.get(item.key) }));
  }
}
