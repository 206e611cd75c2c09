import { readFileSync } from "node:fs";

/** A fixture of JSON, by its name; whoever asks says what it holds. */
export function fixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), "utf8"));
}
