import type { FieldType, Operation, Param } from "./connector.ts";

/**
 * The texts of a query string, a form or a command line as the types that an operation's inputs have, for `checkInput`. What
 * cannot be read stays as it is (a text, a file of a form), so that the check says what was expected. `ids[]` is `ids`.
 */
export function coerceInput(
  operation: Pick<Operation, "inputs">,
  raw: Record<string, unknown>,
): Record<string, unknown> {
  const params = new Map(operation.inputs.map((param) => [param.name, param]));
  const entries = Object.entries(raw).map(([key, value]) => {
    const name = key.endsWith("[]") && !params.has(key) ? key.slice(0, -2) : key;
    const param = params.get(name);
    return [name, param === undefined ? value : coerce(param, value)];
  });
  return Object.fromEntries(entries);
}

function coerce(param: Param, value: unknown): unknown {
  if (param.type !== "Array") return fromText(param.type, value);
  if (typeof value === "string" && value.trimStart().startsWith("[")) return parsed(value);
  return [value].flat().map((member) => fromText(param.items ?? "String", member));
}

function fromText(type: FieldType, text: unknown): unknown {
  if (typeof text !== "string") return text;
  switch (type) {
    case "Integer":
    case "Number":
      return /^\s*-?\d+(\.\d+)?([eE][+-]?\d+)?\s*$/.test(text) ? Number(text) : text;
    case "Boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "Array":
    case "Object":
    case "Json":
      return parsed(text);
    default:
      return text;
  }
}

/** JSON when it is JSON, else the text itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
