import { isObject } from "../kernel/json.ts";
import type { Hole } from "./node.ts";
import { compilePath, invalidValue, type Read } from "./scope.ts";

/** What a declared type takes. A hole with no declared type (`{{this}}`) takes what JSON can hold. */
export interface HoleType {
  expected: string;
  accepts(value: unknown): boolean;
  /** Stays as it is when it is all that stands between two quotes; other types become text there. */
  keeps: boolean;
  /** Can stand within a longer string. */
  text: boolean;
}

const ANY: HoleType = { expected: "a JSON value", accepts: isJsonKind, keeps: false, text: true };

const TYPES: Record<string, HoleType> = {
  String: { expected: "a string", accepts: (value) => typeof value === "string", keeps: false, text: true },
  DateTime: {
    expected: "a date and time as a string",
    accepts: (value) => typeof value === "string",
    keeps: false,
    text: true,
  },
  Integer: { expected: "an integer", accepts: Number.isInteger, keeps: false, text: true },
  Number: { expected: "a number", accepts: Number.isFinite, keeps: false, text: true },
  Boolean: { expected: "true or false", accepts: (value) => typeof value === "boolean", keeps: false, text: true },
  Array: { expected: "an array", accepts: Array.isArray, keeps: true, text: false },
  Object: { expected: "an object", accepts: isObject, keeps: true, text: false },
  Json: { ...ANY, keeps: true },
};

/** The type of what stands in a hole; null when its placeholder is declared with one that JSON cannot hold (Binary). */
export function typeOfHole({ path }: Hole, types: Record<string, string>): HoleType | null {
  const { name, parts } = path;
  if (name === null || parts.length !== 1 || !Object.hasOwn(types, name)) return ANY;
  return TYPES[types[name] ?? ""] ?? null;
}

/** Compiles the reading of a hole's value. Missing and null pass; throws `invalid_input` for a value of another type. */
export function compileTyped({ path }: Hole, type: HoleType): Read {
  const read = compilePath(path);
  return (scope) => {
    const value = read(scope);
    if (value === undefined || value === null || type.accepts(value)) return value;
    throw invalidValue(path, type.expected, value);
  };
}

function isJsonKind(value: unknown): boolean {
  return typeof value === "number" ? Number.isFinite(value) : ["string", "boolean", "object"].includes(typeof value);
}
