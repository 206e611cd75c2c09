import type { Mistake } from "../kernel/errors.ts";
import { canonicalJson, isObject, type Json, type JsonObject, type JsonSchema } from "../kernel/json.ts";
import { readBinary } from "./binary-input.ts";
import type { FieldType, Param } from "./connector.ts";

/** Reads one given value: as the operation takes it, or undefined (also after adding what is wrong to `mistakes`). */
export type ReadParam = (value: unknown, mistakes: Mistake[]) => unknown;

/** What a value of a type must be, in words, and whether one is. */
const TYPES: Record<Exclude<FieldType, "Binary">, { expected: string; accepts: (value: unknown) => boolean }> = {
  String: { expected: "a string", accepts: (v) => typeof v === "string" },
  Integer: { expected: "an integer", accepts: (v) => Number.isSafeInteger(v) },
  Number: { expected: "a number", accepts: (v) => Number.isFinite(v) },
  Decimal: { expected: 'a decimal number as text, such as "12.50"', accepts: isDecimal },
  Boolean: { expected: "true or false", accepts: (v) => typeof v === "boolean" },
  DateTime: { expected: "a time such as 2026-11-20T08:00:00Z", accepts: (v) => typeof v === "string" && isDateTime(v) },
  Array: { expected: "an array", accepts: Array.isArray },
  Object: { expected: "an object", accepts: isObject },
  Json: { expected: "any JSON value", accepts: (v) => v !== undefined },
};

/** Compiles the reading of one parameter: its default, type, members, choices and bounds. */
export function compileParam(param: Param): ReadParam {
  const read = param.type === "Binary" ? binaryReader(param) : valueReader(param);
  const takesNull = param.type === "Json";
  return (value, mistakes) => {
    const given = value === undefined || (value === null && !takesNull) ? param.default : value;
    if (given !== undefined) return read(given, mistakes);
    if (param.required)
      mistakes.push({ at: param.name, code: "required", message: `is required: expected ${expected(param)}` });
    return undefined;
  };
}

/** JSON Schema (2020-12) of one parameter. A file is base64 text, or an object with its name. */
export function paramSchema(param: Param): JsonSchema {
  return {
    ...typeSchema(param.type, param.items),
    ...(param.description === "" ? {} : { description: param.description }),
    ...(param.enum === undefined ? {} : { enum: param.enum }),
    ...(param.default === undefined ? {} : { default: param.default }),
    ...(param.pattern === undefined ? {} : { pattern: param.pattern }),
    ...(param.format === undefined ? {} : { format: param.format }),
    ...boundSchema(param),
  };
}

/** JSON Schema of a value of a type; `items` is the type of an array's members. */
export function typeSchema(type: FieldType, items?: FieldType): JsonSchema {
  switch (type) {
    case "String":
      return { type: "string" };
    case "Integer":
      return { type: "integer" };
    case "Number":
      return { type: "number" };
    case "Decimal":
      return { type: "string", pattern: "^-?\\d+(\\.\\d+)?$" };
    case "Boolean":
      return { type: "boolean" };
    case "DateTime":
      return { type: "string", format: "date-time" };
    case "Array":
      return { type: "array", ...(items === undefined ? {} : { items: typeSchema(items) }) };
    case "Object":
      return { type: "object" };
    case "Json":
      return {};
    case "Binary":
      return BINARY_SCHEMA;
  }
}

const BINARY_SCHEMA: JsonSchema = {
  anyOf: [
    { type: "string", contentEncoding: "base64" },
    {
      type: "object",
      properties: {
        filename: { type: "string" },
        content_type: { type: "string" },
        data: { type: "string", contentEncoding: "base64" },
      },
      required: ["data"],
      additionalProperties: false,
    },
  ],
};

const BOUND_NAMES: Partial<Record<FieldType, readonly [string, string]>> = {
  String: ["minLength", "maxLength"],
  Integer: ["minimum", "maximum"],
  Number: ["minimum", "maximum"],
  Array: ["minItems", "maxItems"],
};

function boundSchema({ type, min, max }: Param): JsonObject {
  const names = BOUND_NAMES[type];
  if (names === undefined) return {};
  return { ...(min === undefined ? {} : { [names[0]]: min }), ...(max === undefined ? {} : { [names[1]]: max }) };
}

function binaryReader(param: Param): ReadParam {
  return (value, mistakes) => {
    const file = readBinary(value, param.name);
    if (file === null) mistakes.push({ at: param.name, code: "invalid_type", message: `expected ${expected(param)}` });
    return file ?? undefined;
  };
}

function valueReader(param: Param): ReadParam {
  const { accepts } = TYPES[param.type as Exclude<FieldType, "Binary">];
  const readItem = param.type === "Array" && param.items !== undefined ? itemReader(param.name, param.items) : null;
  const limits = compileLimits(param);
  return (value, mistakes) => {
    if (!accepts(value)) {
      mistakes.push({
        at: param.name,
        code: "invalid_type",
        message: `expected ${expected(param)}, not ${kindOf(value)}`,
      });
      return undefined;
    }
    for (const limit of limits) {
      const wrong = limit(value);
      if (wrong !== null) mistakes.push({ at: param.name, code: "invalid_value", message: wrong });
    }
    return readItem === null ? value : (value as unknown[]).map((item, n) => readItem(item, n, mistakes));
  };
}

function itemReader(name: string, type: FieldType): (item: unknown, n: number, mistakes: Mistake[]) => unknown {
  return (item, n, mistakes) => {
    const at = `${name}[${n}]`;
    if (type === "Binary") {
      const file = readBinary(item, name);
      if (file === null) mistakes.push({ at, code: "invalid_type", message: `expected ${BINARY_EXPECTED}` });
      return file;
    }
    const { accepts, expected: wanted } = TYPES[type];
    if (!accepts(item)) mistakes.push({ at, code: "invalid_type", message: `expected ${wanted}, not ${kindOf(item)}` });
    return item;
  };
}

type Limit = (value: unknown) => string | null;

/** The bounds that go beyond a value's type: each says what is wrong, or null. */
function compileLimits(param: Param): Limit[] {
  const limits: Limit[] = [];
  const { enum: choices, pattern, min, max } = param;
  if (choices !== undefined) {
    const allowed = new Set(choices.map(canonicalJson));
    const words = choices.map((c) => JSON.stringify(c)).join(", ");
    limits.push((v) => (allowed.has(canonicalJson(v as Json)) ? null : `expected one of ${words}`));
  }
  if (pattern !== undefined) {
    const regexp = new RegExp(pattern, "u");
    limits.push((v) => (typeof v !== "string" || regexp.test(v) ? null : `expected text that matches ${pattern}`));
  }
  const unit = UNITS[param.type] ?? "";
  if (min !== undefined) limits.push((v) => (measure(v) >= min ? null : `expected at least ${min}${unit}`));
  if (max !== undefined) limits.push((v) => (measure(v) <= max ? null : `expected at most ${max}${unit}`));
  return limits;
}

const UNITS: Partial<Record<FieldType, string>> = { String: " characters", Array: " members" };

function measure(value: unknown): number {
  return typeof value === "number" ? value : ((value as { length?: number }).length ?? 0);
}

const BINARY_EXPECTED = 'a file: base64 text, or {"filename", "content_type", "data": base64}';

function expected(param: Param): string {
  if (param.type === "Binary") return BINARY_EXPECTED;
  const { expected: words } = TYPES[param.type];
  return param.description === "" ? words : `${words} (${param.description.replace(/\.$/, "")})`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "number" && !Number.isFinite(value)) return "a number without a value";
  return `${/^[aeiou]/.test(typeof value) ? "an" : "a"} ${typeof value}`;
}

function isDecimal(value: unknown): boolean {
  return typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value);
}

/** ISO 8601 with a date and a time, or a date alone. */
function isDateTime(text: string): boolean {
  return (
    /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/i.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}
