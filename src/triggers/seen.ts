/** Rows that one bit array covers: 32,768 bits are 4 KiB. */
const CHUNK_BITS = 32_768;

/** A set of item numbers at one bit each: a sweep of a million items costs 125 kB, not a set of a million ids. */
export class Seen {
  readonly #chunks = new Map<number, Uint32Array>();
  #size = 0;

  /** How many different numbers were added. */
  get size(): number {
    return this.#size;
  }

  has(n: number): boolean {
    const chunk = this.#chunks.get(Math.floor(n / CHUNK_BITS));
    const bit = n % CHUNK_BITS;
    return chunk !== undefined && ((chunk[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  add(n: number): void {
    if (this.has(n)) return;
    const index = Math.floor(n / CHUNK_BITS);
    const chunk = this.#chunks.get(index) ?? new Uint32Array(CHUNK_BITS / 32);
    this.#chunks.set(index, chunk);
    const bit = n % CHUNK_BITS;
    chunk[bit >>> 5] = (chunk[bit >>> 5] ?? 0) | (1 << (bit & 31));
    this.#size++;
  }
}
