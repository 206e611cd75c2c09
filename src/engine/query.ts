import type { QueryParam } from "../manifest/connector.ts";
import { compileText, isWhole } from "../template/text.ts";
import type { Values } from "./call.ts";
import { textOf } from "./text-of.ts";

/** A name and its text, not yet encoded. */
export type QueryPair = readonly [name: string, value: string];

export type RenderQuery = (values: Values) => QueryPair[];

/** Makes the query of an operation from its input; what is missing or null is left out. */
export function compileQuery(params: QueryParam[]): RenderQuery {
  const renders = params.map(compileParam);
  return (values) => renders.flatMap((render) => render(values));
}

/** What paging adds to an operation's own query. */
export interface PageQuery {
  /** These replace the operation's own of the same names. */
  set: QueryPair[];
  /** These are sent only where the operation has none of that name. */
  unlessGiven: QueryPair[];
}

export const NO_PAGE: PageQuery = { set: [], unlessGiven: [] };

/** `?a=1&b=2`, percent-encoded; empty when there are no pairs. */
export function queryText(own: QueryPair[], { set, unlessGiven }: PageQuery): string {
  const pairs = above(set, above(own, unlessGiven));
  if (pairs.length === 0) return "";
  return `?${pairs.map(([name, value]) => `${encode(name)}=${encode(value)}`).join("&")}`;
}

/** Both lists, without those of the lower one that have a name of the upper. */
function above(upper: QueryPair[], lower: QueryPair[]): QueryPair[] {
  if (upper.length === 0 || lower.length === 0) return upper.length === 0 ? lower : upper;
  const names = new Set(upper.map(([name]) => name));
  return [...lower.filter(([name]) => !names.has(name)), ...upper];
}

function compileParam(param: QueryParam): RenderQuery {
  const whole = isWhole(param.value);
  const template = compileText(param.value);
  return (values) => pairsOf(param, whole === null ? template.render(values) : values[whole]);
}

function pairsOf({ name, array, omitIfEmpty }: QueryParam, value: unknown): QueryPair[] {
  if (value === undefined || value === null) return [];
  if (omitIfEmpty && (value === "" || (Array.isArray(value) && value.length === 0))) return [];
  if (!Array.isArray(value)) return [[name, textOf(value)]];
  if (array === "json") return [[name, JSON.stringify(value)]];
  if (array === "comma") return [[name, value.map(textOf).join(",")]];
  const key = array === "brackets" ? `${name}[]` : name;
  return value.map((member) => [key, textOf(member)]);
}

/** A lone surrogate becomes U+FFFD, as in any UTF-8 text. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
