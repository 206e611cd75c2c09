import { parseTemplate } from "./parse.ts";

/** The placeholders that a text or JSON template uses, each once. Throws `manifest_invalid` when its tags do not parse. */
export function variablesOf(source: string): string[] {
  return parseTemplate(source, "text").names;
}
