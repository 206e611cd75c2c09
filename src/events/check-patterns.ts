import { invalidInput, type Mistake } from "../kernel/errors.ts";
import { nearest } from "../manifest/nearest.ts";
import type { EventType } from "./event-types.ts";
import { names } from "./pattern.ts";

const PATTERN = /^(?:[\w-]+\/)?(?:\*|[\w-]+(?:\.[\w-]+)*(?:\.\*)?)$/;

/** Event patterns, each once. Throws `invalid_input` for those that no known type fits, with the type that was probably meant; `at` is their place. */
export function checkPatterns(patterns: readonly string[], known: readonly EventType[], at = "events"): string[] {
  const mistakes = patterns.flatMap((pattern, index): Mistake[] => {
    const message = refusal(pattern, known);
    return message === null ? [] : [{ at: `${at}.${index}`, message, code: "unknown_event" }];
  });
  if (mistakes.length > 0) throw invalidInput(mistakes);
  return [...new Set(patterns)];
}

function refusal(pattern: string, known: readonly EventType[]): string | null {
  if (!PATTERN.test(pattern)) return `"${pattern}" is not a pattern; write a type (files.created), files.* or *`;
  if (known.some((eventType) => names(pattern, eventType))) return null;
  const guess = nearest(pattern, [...new Set(known.flatMap(({ type }) => [type, `${type.split(".")[0]}.*`]))]);
  const hint = guess === null ? "GET /v1/event-types lists them" : `did you mean "${guess}"?`;
  return `no event is called "${pattern}"; ${hint}`;
}
