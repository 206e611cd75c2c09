/**
 * A Map for entries that come and go all the time. V8 gives a Map a new table every so many changes, and each old table keeps
 * hold of the next: once one of them has grown old, all that follow outlive the nursery, with whatever was in them, until the
 * whole heap is collected (three quarters of what a delivery left behind did). Here tables hold but numbers, and what is
 * deleted is let go.
 */
export class BusyMap<K extends string | number, V> {
  readonly #places = new Map<K, number>();
  readonly #values: (V | undefined)[] = [];
  /** Places that are free again. */
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }

  get(key: K): V | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values[place];
  }

  set(key: K, value: V): void {
    let place = this.#places.get(key);
    if (place === undefined) {
      place = this.#free.pop() ?? this.#values.length;
      this.#places.set(key, place);
    }
    this.#values[place] = value;
  }

  delete(key: K): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    this.#values[place] = undefined;
    this.#free.push(place);
    return true;
  }

  clear(): void {
    this.#places.clear();
    this.#values.length = 0;
    this.#free.length = 0;
  }

  /** In the order in which the keys came. */
  keys(): Iterator<K> & Iterable<K> {
    return this.#places.keys();
  }

  *values(): Generator<V, void, undefined> {
    for (const place of this.#places.values()) yield this.#values[place] as V;
  }

  *[Symbol.iterator](): Generator<[K, V], void, undefined> {
    for (const [key, place] of this.#places) yield [key, this.#values[place] as V];
  }
}
