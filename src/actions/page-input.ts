import { invalidInput } from "../kernel/errors.ts";
import { isObject } from "../kernel/json.ts";
import type { Operation } from "../manifest/connector.ts";

/** A page as it is named beside an operation's input. */
interface AskedPage {
  limit?: number | undefined;
  cursor?: string | undefined;
}

/**
 * The input of an operation with the page that was named beside it, where the input itself names none. Throws `invalid_input` for
 * an operation that takes no such input.
 */
export function withPage({ id, inputs }: Pick<Operation, "id" | "inputs">, input: unknown, page: AskedPage): unknown {
  const asked = Object.entries(page).filter(([, value]) => value !== undefined);
  const mistakes = asked
    .filter(([name]) => !inputs.some((own) => own.name === name))
    .map(([at]) => ({ at, code: "unknown_field", message: `"${id}" does not answer in pages that are asked for so` }));
  if (mistakes.length > 0) throw invalidInput(mistakes);
  return isObject(input) ? { ...Object.fromEntries(asked), ...input } : input;
}
