import { isObject, type Json, type JsonObject } from "../kernel/json.ts";

/** How deep a schema that names itself is followed. */
const MAX_DEPTH = 8;

/** A small value that fits a JSON Schema: what the sandbox gives as a tool's input and as structured output. */
export function sampleOf(schema: Json | undefined, root: Json | undefined = schema, depth = 0): Json {
  if (!isObject(schema) || depth > MAX_DEPTH) return null;
  const rule = schema as JsonObject;
  if (rule.const !== undefined) return rule.const;
  if (rule.default !== undefined) return rule.default;
  if (Array.isArray(rule.enum)) return rule.enum[0] ?? null;
  if (typeof rule.$ref === "string") return sampleOf(resolve(rule.$ref, root), root, depth + 1);
  const choice = [rule.anyOf, rule.oneOf].find(Array.isArray);
  if (Array.isArray(choice)) return sampleOf(choice[0], root, depth + 1);
  if (Array.isArray(rule.allOf)) return sampleOf(merged(rule.allOf), root, depth + 1);
  return sampleOfType(rule, root, depth);
}

function sampleOfType(rule: JsonObject, root: Json | undefined, depth: number): Json {
  const type = Array.isArray(rule.type) ? rule.type[0] : (rule.type ?? (rule.properties ? "object" : "string"));
  switch (type) {
    case "object":
      return sampleObject(rule, root, depth);
    case "array":
      return Array.from({ length: Math.max(1, numberOf(rule.minItems) ?? 1) }, () =>
        sampleOf(rule.items, root, depth + 1),
      );
    case "integer":
    case "number":
      return sampleNumber(rule);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return sampleString(rule);
  }
}

/** Required members only, or all of them when none is required. */
function sampleObject(rule: JsonObject, root: Json | undefined, depth: number): Json {
  const properties = isObject(rule.properties) ? (rule.properties as JsonObject) : {};
  const required = Array.isArray(rule.required) ? rule.required.map(String) : Object.keys(properties);
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name], root, depth + 1)]));
}

function sampleNumber(rule: JsonObject): number {
  const above = numberOf(rule.exclusiveMinimum);
  const low = numberOf(rule.minimum) ?? (above === undefined ? 1 : above + 1);
  return Math.min(low, numberOf(rule.maximum) ?? low);
}

const FORMATS: Record<string, string> = {
  date: "2026-01-01",
  "date-time": "2026-01-01T00:00:00Z",
  time: "00:00:00Z",
  email: "someone@example.com",
  uri: "https://example.com",
  uuid: "00000000-0000-4000-8000-000000000000",
};

function sampleString(rule: JsonObject): string {
  const text = typeof rule.format === "string" ? (FORMATS[rule.format] ?? "sample") : "sample";
  return text.padEnd(numberOf(rule.minLength) ?? 0, "-").slice(0, numberOf(rule.maxLength) ?? text.length + 1_000);
}

function numberOf(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function resolve(ref: string, root: Json | undefined): Json | undefined {
  let at: Json | undefined = root;
  for (const name of ref.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    at = isObject(at) ? (at as JsonObject)[name] : undefined;
  }
  return at;
}

function merged(parts: Json[]): JsonObject {
  const whole: JsonObject = {};
  for (const part of parts) if (isObject(part)) Object.assign(whole, part);
  return whole;
}
