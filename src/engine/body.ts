import { invalidInput } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import type { BodyRule, FieldType, Operation, Part } from "../manifest/connector.ts";
import { isBinaryInput } from "../model/binary.ts";
import { compileJson } from "../template/json.ts";
import type { BodySource } from "./body-source.ts";
import type { Values } from "./call.ts";
import { compileTree } from "./json-tree.ts";
import { type FormPart, multipartBody } from "./multipart.ts";
import { textOf } from "./text-of.ts";

/** Makes a call's body; null when there is nothing to send. `input` is all that the caller gave. */
export type BuildBody = (values: Values, input: Values) => BodySource | null;

/** Compiles an operation's body rule; `elsewhere` names the inputs that stand outside the body. */
export function compileBody(operation: Operation, contentType: string, elsewhere: readonly string[]): BuildBody | null {
  const rule = operation.body;
  if (rule === null) return null;
  if (rule.encoding === "multipart") return (values) => multipartBody(formParts(rule.parts, values), rule.maxBytes);
  const render = compileJsonBody(rule, operation, elsewhere);
  return (values, input) => {
    const value = render(values, input);
    if (value === undefined) return null;
    const text = JSON.stringify(value);
    return { contentType, length: null, open: () => text };
  };
}

type JsonRule = Extract<BodyRule, { encoding: "json" }>;

function compileJsonBody(
  rule: JsonRule,
  operation: Operation,
  elsewhere: readonly string[],
): (values: Values, input: Values) => Json | undefined {
  if (rule.form === "template") {
    const template = compileJson(rule.template, typesOf(operation));
    return (values) => template.render(values);
  }
  const tree = compileTree(rule.value);
  if (!rule.passthrough) return (values) => tree.render(values);
  const placed = new Set([...elsewhere, ...tree.names]);
  return (values, input) => ({ ...without(input, placed), ...(tree.render(values) as Record<string, Json>) });
}

function typesOf({ inputs }: Operation): Record<string, FieldType> {
  return Object.fromEntries(inputs.map(({ name, type }) => [name, type]));
}

/** What a caller gave beyond the inputs that have a place of their own. */
function without(input: Values, placed: ReadonlySet<string>): Record<string, Json> {
  return Object.fromEntries(Object.entries(input).filter(([name]) => !placed.has(name))) as Record<string, Json>;
}

/** One part for each value; an Array gives one for each member. */
function formParts(parts: Part[], values: Values): FormPart[] {
  return parts.flatMap(({ name, param }) => {
    const value = values[param];
    if (value === undefined || value === null) return [];
    return (Array.isArray(value) ? value : [value]).map((member) => ({ name, value: partValue(member, param) }));
  });
}

function partValue(value: unknown, param: string): FormPart["value"] {
  if (isBinaryInput(value)) return value;
  if (value === null || value === undefined) throw invalidInput([{ at: param, message: "has an empty member" }]);
  return textOf(value);
}
