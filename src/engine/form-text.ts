import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import type { QueryParam } from "../manifest/connector.ts";
import { textOf } from "./text-of.ts";

/**
 * An object as `application/x-www-form-urlencoded`. Lists are written as `array` says; `brackets` nests objects too
 * (`metadata[k]=v`), elsewhere an object is JSON. What is null is left out.
 */
export function formText(value: JsonObject, array: QueryParam["array"]): string {
  const pairs = Object.entries(value).flatMap(([name, member]) => pairsOf(name, member, array));
  return new URLSearchParams(pairs).toString();
}

function pairsOf(name: string, value: Json, array: QueryParam["array"]): [string, string][] {
  if (value === null) return [];
  if (Array.isArray(value)) return listPairs(name, value, array);
  if (array !== "brackets" || !isObject(value)) return [[name, textOf(value)]];
  return Object.entries(value).flatMap(([key, member]) => pairsOf(`${name}[${key}]`, member as Json, array));
}

function listPairs(name: string, members: Json[], array: QueryParam["array"]): [string, string][] {
  if (array === "json") return [[name, JSON.stringify(members)]];
  if (array === "comma") return [[name, members.map(textOf).join(",")]];
  return members.flatMap((member) => pairsOf(array === "brackets" ? `${name}[]` : name, member, array));
}
