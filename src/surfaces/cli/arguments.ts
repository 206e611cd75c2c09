import { readFileSync } from "node:fs";
import { basename, isAbsolute, normalize } from "node:path";
import { type Json, type JsonSchema, textOf } from "../../kernel/json.ts";
import type { ClientBody } from "./client.ts";
import { usageError } from "./terminal.ts";

/** `--name value` pairs as given; a flag without a value is "true", a repeated one has several. */
export type Flags = Map<string, string[]>;

/** Reads `--name value`, `--name=value` and bare `--name`. Throws for anything that is not a flag. */
export function readFlags(tokens: readonly string[]): Flags {
  const flags: Flags = new Map();
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at] as string;
    if (!token.startsWith("--") || token === "--") throw usageError(`"${token}" is not a flag; write --name value.`);
    const [name, inline] = split(token.slice(2));
    const next = tokens[at + 1];
    const takesNext = inline === undefined && next !== undefined && !next.startsWith("--");
    if (takesNext) at++;
    const value = inline ?? (takesNext ? (next as string) : "true");
    flags.set(name, [...(flags.get(name) ?? []), value]);
  }
  return flags;
}

function split(token: string): [name: string, value: string | undefined] {
  const at = token.indexOf("=");
  const name = (at < 0 ? token : token.slice(0, at)).replaceAll("-", "_");
  return [name, at < 0 ? undefined : token.slice(at + 1)];
}

/** The body of an operation's call: flags by the operation's input schema, over what `--input` (JSON or @file) holds. */
export function toBody(flags: Flags, schema: JsonSchema): ClientBody {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const input = readInputFlag(flags);
  const files: [name: string, path: string][] = [];
  for (const [given, values] of flags) {
    const name = Object.keys(properties).find((known) => known.replaceAll("-", "_") === given) ?? given;
    const property = properties[name] ?? {};
    if (isBinary(property)) files.push(...values.map((value): [string, string] => [name, value.replace(/^@/, "")]));
    else input[name] = toValue(name, values, property);
  }
  return files.length === 0 ? { json: input } : { form: toForm(input, files) };
}

function readInputFlag(flags: Flags): { [key: string]: Json } {
  const given = flags.get("input")?.at(-1);
  flags.delete("input");
  if (given === undefined) return {};
  const text = given.startsWith("@") ? readFile(given.slice(1)).toString("utf8") : given;
  try {
    return JSON.parse(text) as { [key: string]: Json };
  } catch (error) {
    throw usageError(`--input is not JSON: ${(error as Error).message}`);
  }
}

/** True where the input takes a file: its schema has base64 text as one of its forms. */
function isBinary(schema: JsonSchema): boolean {
  const forms = [...((schema.anyOf ?? []) as JsonSchema[]), ...(schema.items ? [schema.items as JsonSchema] : [])];
  return schema.contentEncoding === "base64" || forms.some(isBinary);
}

function toValue(name: string, values: string[], schema: JsonSchema): Json {
  const types = [schema.type ?? []].flat().map(textOf);
  if (types.includes("array") && !(values.length === 1 && values[0]?.startsWith("["))) {
    return values.map((value) => toValue(name, [value], (schema.items ?? {}) as JsonSchema));
  }
  const text = values.at(-1) as string;
  if (types.includes("string") || schema.type === undefined) return schema.type === undefined ? guess(text) : text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw usageError(`--${name} takes ${types.join(" or ")}, and "${text}" is not one.`);
  }
}

/** A value of no declared type: JSON where it is JSON, else text. */
function guess(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function toForm(input: { [key: string]: Json }, files: [name: string, path: string][]): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(input)) {
    form.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  for (const [name, path] of files) form.append(name, new Blob([readFile(path)]), sentName(path));
  return form;
}

/** A relative path is kept (`my-skill/SKILL.md`), so that files of one folder stay together. */
function sentName(path: string): string {
  const normal = normalize(path);
  return isAbsolute(normal) || normal.startsWith("..") ? basename(normal) : normal;
}

function readFile(path: string): Buffer<ArrayBuffer> {
  try {
    return readFileSync(path);
  } catch (error) {
    throw usageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}
