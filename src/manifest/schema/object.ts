import { z } from "zod";
import { isObject } from "../../kernel/json.ts";
import { nearest } from "../nearest.ts";

/**
 * An object of a manifest: keys that are not in `shape` are mistakes with the nearest known key as a suggestion; only
 * keys that begin with `x-` are free, and are left out of what is parsed.
 */
export function strict<S extends z.core.$ZodShape>(shape: S) {
  return z.preprocess(withoutExtensions, strictBranch(shape));
}

/** One of several objects told apart by the key `on`; each branch is a `strictBranch`. */
export function strictUnion<T extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]]>(
  on: string,
  branches: T,
) {
  return z.preprocess(withoutExtensions, z.discriminatedUnion(on, branches));
}

/** A strict object without the freedom of `x-` keys: the union around it takes those out. */
export function strictBranch<S extends z.core.$ZodShape>(shape: S) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? issue.keys.map((key) => unknownKey(key, known)).join("\n") : undefined,
  });
}

function withoutExtensions(value: unknown): unknown {
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith("x-")));
}

function unknownKey(key: string, known: string[]): string {
  const guess = nearest(key, known);
  return guess === null
    ? `\`${key}\` is not a key here; known are ${known.map((k) => `\`${k}\``).join(", ")}. Keys of your own begin with \`x-\`.`
    : `\`${key}\` – did you mean \`${guess}\`?`;
}
