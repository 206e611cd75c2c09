import { randomBytes as cryptoBytes } from "node:crypto";

/** The one home of `Math.random`: a number in [0, 1) for jitter. Tests put in a fixed one. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();

/** Bytes that nobody can guess, for keys and secrets. */
export const secureBytes = (length: number): Buffer => cryptoBytes(length);
