import { isObject } from "../../kernel/json.ts";
import type { Path } from "../source.ts";
import { type Rule, resourcesOf, type Spot } from "./rule.ts";

/** The way to where something may stand that nothing here runs; `*` is any key or index. */
type Pattern = readonly string[];

/** What is refused for now, in a `connector.json` and in a resource. The manifest guide has a row for each. */
export const NOT_YET: { service: readonly Pattern[]; resource: readonly Pattern[] } = {
  service: [],
  resource: [["parent"], ["operations", "*", "expose"]],
};

/** Well-formed, but nothing here runs it yet: refused rather than silently ignored. */
export const UNSUPPORTED: readonly Rule[] = [
  {
    id: "unsupported",
    severity: "error",
    check: (manifest) => [
      ...NOT_YET.service.flatMap((pattern) => found(null, pattern, manifest.source.connector)),
      ...resourcesOf(manifest).flatMap(({ index, source }) =>
        NOT_YET.resource.flatMap((pattern) => found(index, pattern, source)),
      ),
    ],
  },
];

function found(resource: number | null, pattern: Pattern, source: unknown): Spot[] {
  return places(source, pattern).map((at) => ({
    resource,
    path: at,
    message: `\`${pattern.at(-1)}\` is not supported by this version.`,
    mend: "Take it out: it would have no effect.",
  }));
}

/** Every place that a pattern matches. */
function places(value: unknown, [step, ...rest]: Pattern, above: Path = []): Path[] {
  if (step === undefined) return [above];
  if (!isObject(value) && !Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([key, member]) => (step === "*" || key === step) && member !== undefined)
    .flatMap(([key, member]) => places(member, rest, [...above, Array.isArray(value) ? Number(key) : key]));
}
