import type { NumberRange } from "../model/poller.ts";

/** Rows that one bit array covers: 32,768 bits are 4 KiB. */
const CHUNK_BITS = 32_768;
const FULL_WORD = 0xffff_ffff;

/** A set of item numbers at one bit each: a sweep of a million items costs 125 kB, not a set of a million ids. */
export class Seen {
  readonly #chunks = new Map<number, Uint32Array>();
  #size = 0;

  /** How many different numbers were added. */
  get size(): number {
    return this.#size;
  }

  has(n: number): boolean {
    return (this.#word(n) & (1 << (n & 31))) !== 0;
  }

  add(n: number): void {
    if (this.has(n)) return;
    const index = Math.floor(n / CHUNK_BITS);
    const chunk = this.#chunks.get(index) ?? new Uint32Array(CHUNK_BITS / 32);
    this.#chunks.set(index, chunk);
    const word = (n % CHUNK_BITS) >>> 5;
    chunk[word] = (chunk[word] ?? 0) | (1 << (n & 31));
    this.#size++;
  }

  addRanges(ranges: readonly NumberRange[]): void {
    for (const [from, count] of ranges) for (let n = from; n < from + count; n++) this.add(n);
  }

  hasAny(ranges: readonly NumberRange[]): boolean {
    if (this.#size === 0) return false;
    return ranges.some(([from, count]) => {
      for (let n = from; n < from + count; n++) if (this.has(n)) return true;
      return false;
    });
  }

  /** The last of the numbers after `n` that follow each other and were all added; `n` itself when the next one was not. */
  endOfRun(n: number): number {
    let next = n + 1;
    while (this.has(next)) next += next % 32 === 0 && this.#word(next) === FULL_WORD ? 32 : 1;
    return next - 1;
  }

  /** The bits of 32 numbers, without sign. */
  #word(n: number): number {
    const chunk = this.#chunks.get(Math.floor(n / CHUNK_BITS));
    return chunk?.[(n % CHUNK_BITS) >>> 5] ?? 0;
  }
}
