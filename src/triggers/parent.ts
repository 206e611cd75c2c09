import { isObject, type Json, type JsonObject } from "../kernel/json.ts";

/** The member of a swept record that holds what its list was asked with, by the names of inputs (`forEach`). */
const PARENT = "$parent";

/** A record of a parent's list, with that parent. */
export function withParent(record: Json, parent: JsonObject): Json {
  return isObject(record) ? { ...(record as JsonObject), [PARENT]: parent } : record;
}

/** How the keys of all items of a parent begin. */
export function partOfKey(parent: JsonObject): string {
  return `${JSON.stringify(Object.values(parent)).slice(0, -1)},`;
}

/** The key of an item: its own, unique among those of its parent, behind the parent's; null for a record without a parent. */
export function keyWithParent(record: Json, ownKey: string): string | null {
  const parent = isObject(record) ? record[PARENT] : undefined;
  return isObject(parent) ? `${partOfKey(parent as JsonObject)}${JSON.stringify(ownKey)}]` : null;
}

/** The parts of such a key: the item's own, and its parent by the given names of inputs. */
export function splitKey(key: string, names: readonly string[]): { parent: JsonObject; ownKey: string } {
  const parts = JSON.parse(key) as (string | number)[];
  const parent = Object.fromEntries(names.map((name, n) => [name, parts[n] ?? null]));
  return { parent, ownKey: String(parts.at(-1)) };
}
