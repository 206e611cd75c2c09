import { invalidInput, type Mistake, MOST_MISTAKES } from "../kernel/errors.ts";
import { isObject, type JsonObject, type JsonSchema, ownMember } from "../kernel/json.ts";
import type { Operation, Param } from "./connector.ts";
import { suggestion } from "./nearest.ts";
import { compileParam, paramSchema } from "./param.ts";

type CheckInput = (raw: unknown) => Record<string, unknown>;

const compiled = new WeakMap<Operation, CheckInput>();

/**
 * The input of an operation, typed and with defaults filled in; files as BinaryInput. An input of null that is not required is as if
 * it were not given, but where the body is passed on: what null means there is the API's matter, if the manifest has no
 * default for it. Throws `invalid_input` with every mistake: the field and what was expected.
 */
export function checkInput(operation: Operation, raw: unknown): Record<string, unknown> {
  let check = compiled.get(operation);
  if (check === undefined) {
    check = compileInputs(operation.inputs, passesUnknown(operation));
    compiled.set(operation, check);
  }
  return check(raw);
}

/** Compiles the check of one set of inputs; `open` lets fields through that are not declared. */
export function compileInputs(params: readonly Param[], open: boolean): CheckInput {
  const readers = params.map((param) => ({
    param,
    read: compileParam(param),
    mayBeLeftOut: !param.required && param.default === undefined,
  }));
  const known = new Set(params.map((param) => param.name));
  return (raw) => {
    const given = raw ?? {};
    if (!isObject(given)) throw invalidInput([{ at: "(input)", code: "invalid_type", message: "expected an object" }]);
    const mistakes: Mistake[] = open ? [] : unknownFields(given, known);
    const input: Record<string, unknown> = open ? { ...given } : {};
    for (const { param, read, mayBeLeftOut } of readers) {
      const value = ownMember(given, param.name);
      if (value === undefined && mayBeLeftOut && !Object.hasOwn(input, param.name)) continue;
      if (value === null && mayBeLeftOut && open) continue;
      const taken = read(value, mistakes);
      if (taken === undefined) delete input[param.name];
      else input[param.name] = taken;
    }
    if (mistakes.length > 0) throw invalidInput(mistakes);
    return input;
  };
}

/** JSON Schema (2020-12) of an operation's input. */
export function inputSchema(operation: Operation): JsonSchema {
  const required = operation.inputs.filter((param) => param.required && param.default === undefined);
  const properties: JsonObject = Object.fromEntries(operation.inputs.map((param) => [param.name, paramSchema(param)]));
  return {
    type: "object",
    properties,
    ...(required.length > 0 ? { required: required.map((param) => param.name) } : {}),
    additionalProperties: passesUnknown(operation),
  };
}

/** True when fields that are not declared are sent on to the API. */
function passesUnknown({ body }: Operation): boolean {
  return (body?.encoding === "json" || body?.encoding === "form") && body.passthrough;
}

function unknownFields(given: Record<string, unknown>, known: Set<string>): Mistake[] {
  const unknown = Object.keys(given).filter((name) => !known.has(name));
  return unknown.slice(0, MOST_MISTAKES).map((name) => ({
    at: name,
    code: "unknown_field",
    message: `is not an input of this operation. ${suggestion(name, [...known])}`,
  }));
}
