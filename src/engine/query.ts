import type { QueryParam } from "../manifest/connector.ts";
import { compileText, isWhole } from "../template/text.ts";
import type { Values } from "./call.ts";
import type { Overlay, PagePair } from "./page-params.ts";
import { textOf } from "./text-of.ts";

/** A name and its text, not yet encoded. */
export type QueryPair = readonly [name: string, value: string];

export type RenderQuery = (values: Values) => QueryPair[];

/** Makes the query of an operation from its input; what is missing or null is left out. */
export function compileQuery(params: QueryParam[]): RenderQuery {
  const renders = params.map(compileParam);
  return (values) => renders.flatMap((render) => render(values));
}

/** `?a=1&b=2`, percent-encoded, with what a page adds; empty when there are no pairs. */
export function queryText(own: QueryPair[], { set, unlessGiven }: Overlay): string {
  const pairs = above(set, above(own, unlessGiven));
  if (pairs.length === 0) return "";
  return `?${pairs.map(([name, value]) => `${encode(name)}=${encode(String(value))}`).join("&")}`;
}

/** Both lists, without those of the lower one that have a name of the upper. */
function above(upper: readonly PagePair[], lower: readonly PagePair[]): readonly PagePair[] {
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
