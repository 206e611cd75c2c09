import { invalidInput } from "../kernel/errors.ts";
import type { Connector, HeaderRule, Operation } from "../manifest/connector.ts";
import { compileText, isWhole, type TextTemplate } from "../template/text.ts";
import type { OperationCall, Values } from "./call.ts";
import { type Connected, type Ground, groundOf } from "./ground.ts";
import { type OncePer, oncePer } from "./once-per.ts";
import { textOf } from "./text-of.ts";

/** A header of the manifest, compiled. */
export interface HeaderPlan {
  name: string;
  rule: HeaderRule;
  /** Name of the value that is the whole header, else null. */
  whole: string | null;
  template: TextTemplate;
}

/** Compiles a header rule. */
export function compileHeader(rule: HeaderRule): HeaderPlan {
  return { name: rule.name.toLowerCase(), rule, whole: isWhole(rule.value), template: compileText(rule.value) };
}

/** Service, resource and operation headers in this order: a later one replaces or, with `append-comma`, joins an earlier one. */
export function putHeaders(headers: Record<string, string>, plans: readonly HeaderPlan[], values: Values): void {
  for (const header of plans) {
    const value = headerText(header, values);
    if (value === null) continue;
    assertHeaderValue(value, `the header "${header.name}"`, header.template.names[0]);
    const before = headers[header.name];
    headers[header.name] = header.rule.merge === "append-comma" && before ? listText(`${before},${value}`) : value;
  }
}

const presetsOf = oncePer<Ground, OncePer<Connector | Operation, Record<string, string>>>();

/**
 * The headers that the manifest sends of its own accord, with nothing in them but settings and defaults: to an operation's
 * address, or (null) to one that it does not name. Made once for each version of a connection.
 */
export function presetHeaders(
  call: Connected,
  found: Pick<OperationCall, "resource" | "operation"> | null,
): Readonly<Record<string, string>> {
  const { connector } = call;
  const ground = groundOf(call);
  const presets = presetsOf(ground, () => oncePer());
  return presets(found?.operation ?? connector, () => {
    const rules = [...connector.headers, ...(found?.resource.headers ?? []), ...(found?.operation.headers ?? [])];
    const defaults = (found?.operation.inputs ?? []).map((input) => [input.name, input.default]);
    const values: Values = { ...Object.fromEntries(defaults), ...ground.settings };
    const isKnown = (name: string) => values[name] !== undefined;
    const headers: Record<string, string> = {};
    putHeaders(
      headers,
      rules.map(compileHeader).filter(({ template }) => template.names.every(isKnown)),
      values,
    );
    return headers;
  });
}

function headerText({ rule, whole, template }: HeaderPlan, values: Values): string | null {
  const value = whole === null ? template.render(values) : values[whole];
  if (value === undefined || value === null) return null;
  const given = Array.isArray(value) ? value.map(textOf).join(",") : textOf(value);
  const text = rule.merge === "append-comma" ? listText(given) : given;
  return text === "" && rule.omitIfEmpty ? null : text;
}

/** A comma-separated list: each member once, the empty ones left out. */
function listText(text: string): string {
  if (!text.includes(",")) return text.trim();
  const members = text.split(",").map((member) => member.trim());
  return [...new Set(members.filter((member) => member !== ""))].join(",");
}

/** Throws `invalid_input` for what a header cannot carry: line ends, other control characters, characters beyond Latin-1. */
export function assertHeaderValue(value: string, what: string, at = what): void {
  if (/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
  throw invalidInput([{ at, message: `${what} has characters that a header cannot carry` }]);
}
