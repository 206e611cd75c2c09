import { remembered } from "../kernel/remembered.ts";
import { parseTemplate, type Template } from "./parse.ts";

/** Templates of a connector that are looked at again and again when it is loaded: by each rule, and when they are compiled. */
const MOST_KEPT = 2_000;

const parsed = remembered<Template>(MOST_KEPT, (source) => parseTemplate(source, "text"));

/** The placeholders that a text or JSON template uses, each once. Throws `manifest_invalid` when its tags do not parse. */
export function variablesOf(source: string): readonly string[] {
  return parsed(source).names;
}

/** Those of them that every text of the template holds, because they stand in no block. Throws as `variablesOf`. */
export function indispensableVariablesOf(source: string): string[] {
  return parsed(source).nodes.flatMap((node) => (node.kind === "hole" ? (node.path.name ?? []) : []));
}
