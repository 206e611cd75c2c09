export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };
/** A JSON Schema document (2020-12), as data. */
export type JsonSchema = { [key: string]: Json };

/** True for a plain object, so not for null or an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A value's own member; undefined for what it only inherits (`constructor`) and for what has no members. */
export function ownMember(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}

/** Sets a member whatever its name: a plain assignment to `__proto__` would change the prototype instead. */
export function setMember(target: JsonObject, key: string, value: Json): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

/** Levels of objects and arrays within each other that callers may send: whoever walks or prints a value takes some stack for each. */
export const MAX_JSON_LEVELS = 500;

/** True when objects and arrays stand within each other in more than so many levels. */
export function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((member) => isDeeper(member, levels - 1));
}

/** True when a value has more than so many members and characters of text; it looks no further than that. */
export function isLongerThan(value: Json, most: number): boolean {
  return lengthLeft(value, most) < 0;
}

function lengthLeft(value: Json, left: number): number {
  if (typeof value === "string") return left - value.length - 1;
  if (typeof value !== "object" || value === null) return left - 1;
  let rest = left - 1;
  for (const [key, member] of Object.entries(value)) {
    if (rest < 0) return rest;
    rest = lengthLeft(member, rest - key.length);
  }
  return rest;
}

/** The value of a JSON text as `parse` reads it; undefined when it is none. */
export function parseJson(text: string, parse: (text: string) => Json = JSON.parse): Json | undefined {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** A value as text: a string as it is, anything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** JSON with keys in code-unit order: equal values give equal text, whatever the order of their keys. */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (isObject(value)) {
    const members = Object.keys(value)
      .filter((key) => value[key] !== undefined)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as Json)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}
