import type { FieldSource } from "../schema/parts.ts";
import { isFilter } from "../select.ts";
import type { Path } from "../source.ts";
import { type Rule, resourcesOf, type Spot } from "./rule.ts";

/** The proxy changes a link where it stands in the text of an answer: the way there must be the same for every answer. */
const LINK_SELECTOR: Rule = {
  id: "link-selector",
  severity: "error",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, source }) => unfit(index, source.fields ?? [], ["fields"])),
};

export const LINK_RULES: readonly Rule[] = [LINK_SELECTOR];

function unfit(resource: number, fields: readonly FieldSource[], above: Path): Spot[] {
  return fields.flatMap((field, n): Spot[] => {
    const path = [...above, n];
    const within = unfit(resource, field.fields ?? [], [...path, "fields"]);
    const isUnfit = [field.selector, ...(field.alternatives ?? [])].some((selector) => selector.some(isFilter));
    if (!field.link || !isUnfit) return within;
    const message = `The link "${field.name}" is found by a filter: the proxy cannot follow it.`;
    return [{ resource, path, message, mend: "Use keys, indexes and `*` only." }, ...within];
  });
}
