import { randomBytes as cryptoBytes, randomFillSync } from "node:crypto";

/** The one home of `Math.random`: a number in [0, 1) for jitter. Tests put in a fixed one. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();

/** Bytes that nobody can guess, for keys and secrets. */
export const secureBytes = (length: number): Buffer => cryptoBytes(length);

const pool = new Uint8Array(1024);
let taken = pool.length;

/** A number in [0, 1) that nobody can guess, one of 256. Bytes are fetched many at a time: each time costs as much. */
export function secureFraction(): number {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  return (pool[taken++] as number) / 256;
}
