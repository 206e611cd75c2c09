import { createHash } from "node:crypto";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Given by `npm run chaos`; absent in the short form that `npm test` runs. */
    chaos: { seed: number } | undefined;
  }
}

/** The seed of the short form: what `npm test` does is the same each time, but for what the machine's speed changes. */
const SHORT_SEED = 20_261_120;

/** How far the suite goes, and its chance. */
export interface ChaosPlan {
  /** True for `npm run chaos`: many kills over many deliveries. */
  isWhole: boolean;
  seed: number;
  dice: Dice;
}

/** The plan of one test; `name` gives it a chance of its own, so that it can be repeated alone. */
export function planOf(name: string): ChaosPlan {
  const given = inject("chaos");
  const seed = given?.seed ?? SHORT_SEED;
  return { isWhole: given !== undefined, seed, dice: new Dice(`${seed}:${name}`) };
}

/** Chance that a seed repeats (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: string) {
    this.#state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  }

  /** A number in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.between(0, choices.length - 1)] as T;
  }
}
