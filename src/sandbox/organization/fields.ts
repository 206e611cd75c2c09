import type { Json, JsonObject } from "../../kernel/json.ts";
import { invalidRequest } from "../api-error.ts";
import { readJson, refuseExtras } from "../body.ts";
import type { Call } from "../endpoint.ts";
import { fault } from "../message-options.ts";

const BODY_CAP_BYTES = 1_000_000;

/** The body of an admin request. Throws 400 for one that is not a JSON object or has members that are not known. */
export async function readFields(call: Call, known: readonly string[]): Promise<JsonObject> {
  const body = await readJson(call.request, BODY_CAP_BYTES);
  refuseExtras(body, new Set(known));
  return body;
}

/** A text that is not blank. Throws 400. */
export function textField(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== "string") throw invalidRequest(`${name}: ${fault(value, "a valid string")}`);
  if (value.trim() === "") throw invalidRequest(`${name}: String should have at least 1 character`);
  return value;
}

/** One of a closed list. Throws 400 that names the list. */
export function choice<T extends string>(value: Json | undefined, name: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw invalidRequest(`${name}: ${fault(value, quoted(allowed))}`);
  return found;
}

/** A repeated query parameter (`roles[]=a&roles[]=b`), each of a closed list; empty = not asked. Throws 400. */
export function choices<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T[] {
  return query.getAll(`${name}[]`).map((value) => choice(value, name, allowed));
}

/** `true` or `false` in the query; false when absent. Throws 400. */
export function flag(query: URLSearchParams, name: string): boolean {
  return choice(query.get(name) ?? "false", name, ["true", "false"]) === "true";
}

function quoted(allowed: readonly string[]): string {
  const names = allowed.map((value) => `'${value}'`);
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

/** The address as it is compared: addresses that differ only in case are one. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** An address. Throws 400. */
export function emailField(body: JsonObject): string {
  const email = textField(body, "email");
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) throw invalidRequest("email: value is not a valid email address");
  return email;
}
