/** Where an item stands: by time, then by the order it was added. */
export interface Place {
  at: number;
  sequence: number;
}

export interface Entry<T> extends Place {
  item: T;
}

/** Before the newest item: where a listing begins. */
export const START: Place = { at: Number.POSITIVE_INFINITY, sequence: 0 };

/** Things with ids, listed newest first; reading a page costs the page, not the whole. */
export class Collection<T extends { id: string }> {
  /** Oldest first, so that adding the newest is a push. */
  readonly #entries: Entry<T>[] = [];
  /** Kept after a deletion: a cursor that names a deleted item still says where the page begins. */
  readonly #places = new Map<string, Place>();
  readonly #items = new Map<string, T>();
  #sequence = 0;

  get size(): number {
    return this.#items.size;
  }

  /** All items, oldest first. */
  values(): T[] {
    return this.#entries.map((entry) => entry.item);
  }

  get(id: string): T | undefined {
    return this.#items.get(id);
  }

  /** `atMs` is the time that the listing is ordered by; it need not be the latest. */
  add(item: T, atMs: number): void {
    const place = { at: atMs, sequence: ++this.#sequence };
    this.#entries.splice(this.#indexOf(place), 0, { item, ...place });
    this.#places.set(item.id, place);
    this.#items.set(item.id, item);
  }

  delete(id: string): boolean {
    const place = this.#places.get(id);
    if (!place || !this.#items.delete(id)) return false;
    this.#entries.splice(this.#indexOf(place), 1);
    return true;
  }

  placeOf(id: string): Place | undefined {
    return this.#places.get(id);
  }

  /** Up to `count` items that come after `place` in the listing, so older ones. */
  after(place: Place, count: number, keep: (item: T) => boolean): Entry<T>[] {
    const found: Entry<T>[] = [];
    for (let i = this.#indexOf(place) - 1; i >= 0 && found.length < count; i--) take(this.#entries[i], keep, found);
    return found;
  }

  /** The `count` items nearest before `place` in the listing, so newer ones, in the listing's order. */
  before(place: Place, count: number, keep: (item: T) => boolean): Entry<T>[] {
    const found: Entry<T>[] = [];
    const { length } = this.#entries;
    const first = this.#indexOf({ at: place.at, sequence: place.sequence + 1 });
    for (let i = first; i < length && found.length < count; i++) take(this.#entries[i], keep, found);
    return found.reverse();
  }

  /** Index of the first entry that is not older than `place`. */
  #indexOf(place: Place): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry && (entry.at < place.at || (entry.at === place.at && entry.sequence < place.sequence)))
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function take<T>(entry: Entry<T> | undefined, keep: (item: T) => boolean, found: Entry<T>[]): void {
  if (entry && keep(entry.item)) found.push(entry);
}
