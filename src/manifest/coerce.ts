import type { FieldType, Operation, Param } from "./connector.ts";

/**
 * The texts of a query string or a command line as the types that an operation's inputs have, for `checkInput`. What
 * cannot be read stays text, so that the check says what was expected. `ids[]` is `ids`.
 */
export function coerceInput(
  operation: Pick<Operation, "inputs">,
  raw: Record<string, string | string[]>,
): Record<string, unknown> {
  const params = new Map(operation.inputs.map((param) => [param.name, param]));
  const entries = Object.entries(raw).map(([key, value]) => {
    const name = key.endsWith("[]") && !params.has(key) ? key.slice(0, -2) : key;
    const param = params.get(name);
    return [name, param === undefined ? value : coerce(param, value)];
  });
  return Object.fromEntries(entries);
}

function coerce(param: Param, value: string | string[]): unknown {
  if (param.type !== "Array") return Array.isArray(value) ? value : fromText(param.type, value);
  if (!Array.isArray(value) && value.trimStart().startsWith("[")) return parsed(value);
  const texts = Array.isArray(value) ? value : [value];
  return texts.map((text) => fromText(param.items ?? "String", text));
}

function fromText(type: FieldType, text: string): unknown {
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
