import { messageOf } from "../kernel/errors.ts";
import { variablesOf } from "../template/variables.ts";

/** The variables of a text template; none when it does not parse, which is for `whyTemplateFails` to say. */
export function variablesIn(source: string): string[] {
  try {
    return [...variablesOf(source)];
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
