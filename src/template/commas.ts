import type { Entry } from "./tree.ts";

/** What may come before a place in an array or object, as a set of bits. */
const NOTHING = 1;
const ITEM = 2;
const COMMA = 4;

/**
 * Refuses commas that are wrong whichever way the blocks go: `[1 2]`, `[1,,2]`, `[1,]`, `[1{{#if a}}2{{/if}}]`.
 * One that a block leaves over or leaves out is no mistake: items are put together as items, never as text.
 */
export function checkCommas<T>(
  entries: Entry<T>[],
  close: number,
  refuse: (at: number, message: string) => void,
): void {
  if (walk(entries, NOTHING, refuse) === COMMA) refuse(close, "Take away the comma before this.");
}

/** Goes through the entries and gives what may come before their end. */
function walk<T>(entries: Entry<T>[], before: number, refuse: (at: number, message: string) => void): number {
  let states = before;
  for (const entry of entries) {
    if (entry.kind === "item") {
      if ((states & (NOTHING | COMMA)) === 0) refuse(entry.at, "A comma is missing before this.");
      states = ITEM;
    } else if (entry.kind === "comma") {
      if ((states & ITEM) === 0) refuse(entry.at, "There is nothing before this comma: take it away.");
      states = COMMA;
    } else if (entry.kind === "choice") {
      states = walk(entry.body, states, refuse) | walk(entry.otherwise, states, refuse);
    } else {
      const afterRound = walk(entry.body, states, () => {});
      states = walk(entry.body, states | afterRound, refuse) | walk(entry.otherwise, states, refuse);
    }
  }
  return states;
}
