import { compileTree } from "../engine/json-tree.ts";
import { invalidInput, TidewireError } from "../kernel/errors.ts";
import { isObject, type Json, type JsonObject } from "../kernel/json.ts";
import type { DirectoryMapping, Operation } from "../manifest/connector.ts";
import type { DirectoryCall } from "./choose.ts";

/**
 * The input of the operation that does a request: its `{"$param": …}` filled with the request's values, these in the API's own
 * words. Throws `invalid_input` for a value that the API has no word for, and for several where it takes one.
 */
export function operationInput(
  { fields }: DirectoryMapping,
  call: DirectoryCall,
  { inputs }: Pick<Operation, "inputs">,
  values: JsonObject,
): Record<string, Json> {
  const theirs: JsonObject = {};
  for (const [name, value] of Object.entries(values)) {
    const words = fields.find((field) => field.name === name)?.values ?? null;
    theirs[name] = words === null ? value : inTheirWords(name, words, value);
  }
  const filled = compileTree(call.input).render(theirs) as JsonObject;
  for (const [input, rule] of Object.entries(call.input)) {
    const name = paramOf(rule);
    const type = inputs.find((param) => param.name === input)?.type;
    if (name !== null && Array.isArray(filled[input]) && type !== "Array" && type !== "Json") {
      filled[input] = theOnly(name, filled[input]);
    }
  }
  return filled;
}

/** A refusal of the operation's input, told of the names that the request has for it; any other error as it is. */
export function inOurWords(call: DirectoryCall, thrown: unknown): unknown {
  if (!(thrown instanceof TidewireError) || thrown.code !== "invalid_input") return thrown;
  return invalidInput(
    thrown.errors.map((mistake) => {
      const input = /^[\w-]+/.exec(mistake.at)?.[0] ?? "";
      return { ...mistake, at: paramOf(call.input[input]) ?? mistake.at };
    }),
  );
}

function paramOf(rule: Json | undefined): string | null {
  return isObject(rule) && typeof rule.$param === "string" ? rule.$param : null;
}

/** Reads a field's `values` backwards; the first of the API's words for ours counts. */
function inTheirWords(name: string, words: Record<string, string>, value: Json): Json {
  if (Array.isArray(value)) return value.map((member) => inTheirWords(name, words, member));
  const found = Object.entries(words).find(([, ours]) => ours === value);
  if (found !== undefined) return found[0];
  const message = `expected one of ${Object.values(words)
    .map((ours) => `"${ours}"`)
    .join(", ")}`;
  throw invalidInput([{ at: name, code: "invalid_value", message }]);
}

function theOnly(name: string, values: Json[]): Json {
  const [only] = values;
  if (only !== undefined && values.length === 1) return only;
  const message = `expected exactly one: that is all the API takes, not ${values.length}`;
  throw invalidInput([{ at: name, code: "invalid_value", message }]);
}
