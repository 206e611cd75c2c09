import { isObject, type Json, type JsonSchema, textOf } from "../../kernel/json.ts";
import type { ClientBody } from "./client.ts";
import { openFile, readText, sentName } from "./files.ts";
import { usageError } from "./terminal.ts";

/** `--name value` pairs as given, dashes within a name as `_`; a flag without a value is `true`, a repeated one has several. */
export type Flags = Map<string, (string | true)[]>;

/** Reads `--name value`, `--name=value` and bare `--name`. Throws `invalid_input` for anything that is not a flag. */
export function readFlags(tokens: readonly string[]): Flags {
  const flags: Flags = new Map();
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as string;
    if (!token.startsWith("--") || token === "--") throw usageError(`"${token}" is not a flag; write --name value.`);
    const [name, inline] = split(token.slice(2));
    const next = tokens[at + 1];
    const takesNext = inline === undefined && next !== undefined && !next.startsWith("--");
    if (takesNext) at++;
    const value = inline ?? (takesNext ? (next as string) : true);
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return flags;
}

function split(token: string): [name: string, value: string | undefined] {
  const at = token.indexOf("=");
  const name = (at < 0 ? token : token.slice(0, at)).replaceAll("-", "_");
  return [name, at < 0 ? undefined : token.slice(at + 1)];
}

/**
 * The body of an operation's call: flags by the operation's input schema (`@file` for JSON of an input that takes objects), over
 * what `--input` (JSON or @file) holds. Files make it a form. Throws `invalid_input` for a value that its flag does not take, and for a file that cannot be read.
 */
export async function toBody(given: Flags, schema: JsonSchema): Promise<ClientBody> {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const { input: whole, ...flags } = Object.fromEntries(given);
  const input = readInput(whole?.at(-1));
  const files: [name: string, path: string][] = [];
  for (const [flag, values] of Object.entries(flags)) {
    const name = Object.keys(properties).find((known) => known.replaceAll("-", "_") === flag) ?? flag;
    const property = properties[name] ?? {};
    if (isBinary(property)) files.push(...values.map((value): [string, string] => [name, pathOf(flag, value)]));
    else input[name] = toValue(flag, holdsObjects(property) ? values.map(readIfNamed) : values, property);
  }
  return files.length === 0 ? { json: input } : { form: await toForm(input, files) };
}

function readInput(given: string | true | undefined): { [key: string]: Json } {
  if (given === undefined) return {};
  const text = textGiven("input", given);
  const json = text.startsWith("@") ? readText(text.slice(1)) : text;
  try {
    const parsed: unknown = JSON.parse(json);
    if (isObject(parsed)) return parsed as { [key: string]: Json };
  } catch (error) {
    throw usageError(`--input is not JSON: ${(error as Error).message}`);
  }
  throw usageError('--input takes a JSON object, such as {"limit": 5}, or @file.json.');
}

/** True where the input takes a file: its schema has base64 text as one of its forms. */
export function isBinary(schema: JsonSchema): boolean {
  const forms = [...((schema.anyOf ?? []) as JsonSchema[]), ...(schema.items ? [schema.items as JsonSchema] : [])];
  return schema.contentEncoding === "base64" || forms.some(isBinary);
}

/** True where `@file` cannot be meant as it is: the input takes objects, one or several, and no text. */
function holdsObjects(schema: JsonSchema): boolean {
  const types = [schema.type ?? []].flat();
  if (types.includes("array")) return holdsObjects((schema.items ?? {}) as JsonSchema);
  return types.includes("object") && !types.includes("string");
}

/** `@file` is what stands in the file. */
function readIfNamed(value: string | true): string | true {
  return value !== true && value.startsWith("@") ? readText(value.slice(1)).trim() : value;
}

function toValue(flag: string, values: (string | true)[], schema: JsonSchema): Json {
  const types = [schema.type ?? []].flat().map(textOf);
  const [first] = values;
  const isWhole = values.length === 1 && typeof first === "string" && first.startsWith("[");
  if (types.includes("array") && !isWhole) {
    return values.map((value) => toValue(flag, [value], (schema.items ?? {}) as JsonSchema));
  }
  const value = values.at(-1) as string | true;
  if (types.length === 0) return value === true ? value : guess(value);
  if (value === true && types.includes("boolean")) return value;
  const text = textGiven(flag, value);
  return types.includes("string") ? text : typed(flag, text, types);
}

function typed(flag: string, text: string, types: string[]): Json {
  const value = guess(text);
  if (types.some((type) => isOfType(value, type))) return value;
  throw usageError(`${writtenFlag(flag)} takes ${types.map(inWords).join(" or ")}, and "${start(text)}" is none.`);
}

const start = (text: string) => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

function isOfType(value: Json, type: string): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isObject(value);
  if (type === "integer") return Number.isInteger(value);
  return type === "null" ? value === null : typeof value === type;
}

function inWords(type: string): string {
  if (type === "boolean") return "true or false";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** A value of no declared type: JSON where it is JSON, else text. */
function guess(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function textGiven(flag: string, value: string | true): string {
  if (value === true) throw usageError(`${writtenFlag(flag)} needs a value: ${writtenFlag(flag)} <value>.`);
  return value;
}

/** An input's flag as people write it. */
export const writtenFlag = (flag: string) => `--${flag.replaceAll("_", "-")}`;

const pathOf = (flag: string, value: string | true) => textGiven(flag, value).replace(/^@/, "");

async function toForm(input: { [key: string]: Json }, files: [name: string, path: string][]): Promise<FormData> {
  const form = new FormData();
  for (const [name, value] of Object.entries(input)) form.append(name, textOf(value));
  for (const [name, path] of files) form.append(name, await openFile(path), sentName(path));
  return form;
}

/** A schema whose alternatives are told apart by their type alone, as one with all their types: flags are read by those. */
export function flatSchema(schema: JsonSchema): JsonSchema {
  const forms = (schema.anyOf ?? []) as JsonSchema[];
  if (forms.length === 0 || forms.some((form) => form.type === undefined || form.enum !== undefined)) return schema;
  const { anyOf: _, ...others } = schema;
  return { ...Object.assign({}, ...forms), ...others, type: forms.flatMap((form) => form.type as Json) };
}

/** The number that a flag was given. Throws `invalid_input` for what is no whole number from 0 to `most`. */
export function wholeNumber(flag: string, text: string, most: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) <= most) return Number(text);
  throw usageError(`${flag} takes a whole number from 0 to ${most}, and "${text}" is none.`);
}
