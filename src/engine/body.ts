import { invalidInput, TidewireError } from "../kernel/errors.ts";
import { isObject, type Json, type JsonObject, setMember } from "../kernel/json.ts";
import type { BodyRule, FieldType, Operation, Part } from "../manifest/connector.ts";
import { isBinaryInput } from "../model/binary.ts";
import { compileJson } from "../template/json.ts";
import { compileText } from "../template/text.ts";
import type { BodySource } from "./body-source.ts";
import type { Values } from "./call.ts";
import { exactly } from "./exactly.ts";
import { formText } from "./form-text.ts";
import { compileTree } from "./json-tree.ts";
import { type FormPart, multipartBody } from "./multipart.ts";
import { type Overlay, overlaid } from "./page-params.ts";
import { textOf } from "./text-of.ts";

/** Makes a call's body; null when there is nothing to send. `input` is all that the caller gave, `page` what paging adds. */
export type BuildBody = (values: Values, input: Values, page: Overlay) => BodySource | null;

/** Compiles an operation's body rule; `elsewhere` names the inputs that stand outside the body. */
export function compileBody(operation: Operation, contentType: string, elsewhere: readonly string[]): BuildBody | null {
  const rule = operation.body;
  switch (rule?.encoding) {
    case undefined:
      return null;
    case "json":
    case "form":
      return compileValueBody(rule, operation, contentType, elsewhere);
    case "multipart":
      return (values) => multipartBody(formParts(rule.parts, values), rule.maxBytes);
    case "binary":
      return (values) => fileBody(rule, values);
    case "text": {
      const template = compileText(rule.template);
      return (values) => textBody(rule.contentType, template.render(values));
    }
  }
}

type ValueRule = Extract<BodyRule, { encoding: "json" | "form" }>;

/** A body that is a JSON value before it is written. */
function compileValueBody(
  rule: ValueRule,
  operation: Operation,
  contentType: string,
  elsewhere: readonly string[],
): BuildBody {
  const render = compileValue(rule, operation, elsewhere);
  return (values, input, page) => {
    const value = withPage(render(values, input), page);
    if (value === undefined) return null;
    const body = rule.encoding === "json" ? textBody(contentType, JSON.stringify(value)) : formBody(value, rule.array);
    return { ...body, value };
  };
}

function compileValue(
  rule: ValueRule,
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
function without(input: Values, placed: ReadonlySet<string>): JsonObject {
  const rest: JsonObject = {};
  for (const name of Object.keys(input)) if (!placed.has(name)) setMember(rest, name, input[name] as Json);
  return rest;
}

function withPage(value: Json | undefined, page: Overlay): Json | undefined {
  if (page.set.length === 0 && page.unlessGiven.length === 0) return value;
  return value === undefined || isObject(value) ? overlaid((value ?? {}) as JsonObject, page) : value;
}

function textBody(contentType: string, text: string): BodySource {
  return { contentType, length: null, open: () => text };
}

function formBody(value: Json, array: Extract<BodyRule, { encoding: "form" }>["array"]): BodySource {
  return textBody("application/x-www-form-urlencoded", formText(isObject(value) ? (value as JsonObject) : {}, array));
}

/** A file, streamed as the whole body. Throws `payload_too_large` before anything is sent. */
function fileBody({ param, maxBytes }: Extract<BodyRule, { encoding: "binary" }>, values: Values): BodySource | null {
  const file = values[param];
  if (!isBinaryInput(file)) return null;
  if (file.size > maxBytes)
    throw new TidewireError(
      "payload_too_large",
      `The file is larger than the ${maxBytes} bytes that this operation takes.`,
    );
  if (!/^[\x20-\x7e]*$/.test(file.contentType))
    throw invalidInput([{ at: param, message: "its content type has characters that a header cannot carry" }]);
  const contentType = file.contentType || "application/octet-stream";
  return { contentType, length: file.size, open: () => exactly(file, param) };
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
