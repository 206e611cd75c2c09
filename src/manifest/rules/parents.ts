import type { Connector } from "../connector.ts";
import { type Rule, resourcesOf, type Spot } from "./rule.ts";

/** A resource that stands below itself, at once or by way of others. */
const PARENT_LOOP: Rule = {
  id: "parent-loop",
  severity: "error",
  check: (manifest) =>
    resourcesOf(manifest).flatMap(({ index, resource: { handle } }): Spot[] => {
      if (!namesAbove(manifest.connector, handle).has(handle)) return [];
      const message = `"${handle}" stands below itself.`;
      return [{ resource: index, path: ["parent"], message, mend: "Name the resource above, or take `parent` out." }];
    }),
};

export const PARENT_RULES: readonly Rule[] = [PARENT_LOOP];

/** The handles above a resource, all the way up; once round where they make a loop. */
function namesAbove({ resources }: Connector, handle: string): Set<string> {
  const parentOf = (name: string) => resources.find((resource) => resource.handle === name)?.parent ?? null;
  const above = new Set<string>();
  for (let next = parentOf(handle); next !== null && !above.has(next); next = parentOf(next)) above.add(next);
  return above;
}
