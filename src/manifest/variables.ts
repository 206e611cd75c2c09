import { messageOf } from "../kernel/errors.ts";
import { indispensableVariablesOf, variablesOf } from "../template/variables.ts";

/** The variables of a text template; none when it does not parse, which is for `whyTemplateFails` to say. */
export function variablesIn(source: string): string[] {
  return orNone(variablesOf, source);
}

/** The variables without which a path cannot be: all but those in blocks. None when it does not parse. */
export function variablesOfPath(source: string): string[] {
  return orNone(indispensableVariablesOf, source);
}

function orNone(find: (source: string) => readonly string[], source: string): string[] {
  try {
    return [...find(source)];
  } catch {
    return [];
  }
}

/** Why a text template does not parse; null when it does. */
export function whyTemplateFails(source: string): string | null {
  try {
    variablesOf(source);
    return null;
  } catch (thrown) {
    return messageOf(thrown);
  }
}
