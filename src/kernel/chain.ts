/** What can be a link of a chain: of one at a time. */
export interface Link<T extends Link<T>> {
  chain: Chain<T> | null;
  before: T | null;
  after: T | null;
}

/**
 * An order of things that carry their own places in it: whoever is added is last, and anybody can leave. It costs less than a
 * Set, and leaves nothing behind (see `BusyMap`).
 */
export class Chain<T extends Link<T>> {
  #first: T | null = null;
  #last: T | null = null;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get first(): T | null {
    return this.#first;
  }

  /** Of a thing that is in no chain. */
  add(one: T): void {
    one.chain = this;
    one.before = this.#last;
    if (this.#last) this.#last.after = one;
    else this.#first = one;
    this.#last = one;
    this.#size++;
  }

  /** Changes nothing for one that is not in it. */
  remove(one: T): void {
    if (one.chain !== this) return;
    if (one.before) one.before.after = one.after;
    else this.#first = one.after;
    if (one.after) one.after.before = one.before;
    else this.#last = one.before;
    one.chain = null;
    one.before = null;
    one.after = null;
    this.#size--;
  }
}
