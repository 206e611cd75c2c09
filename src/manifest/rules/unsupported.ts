import { isObject } from "../../kernel/json.ts";
import type { Path } from "../source.ts";
import { type Rule, resourcesOf, type Spot } from "./rule.ts";

/** A place where something may stand that nothing here runs; `*` is any key or index. */
interface Feature {
  path: string[];
}

const OF_SERVICE: readonly Feature[] = [{ path: ["service", "errors", "map"] }];

const OF_RESOURCE: readonly Feature[] = [
  { path: ["parent"] },
  { path: ["operations", "*", "expose"] },
  { path: ["operations", "*", "errors", "map"] },
  { path: ["pollers", "*", "key"] },
];

/** Well-formed, but nothing here runs it yet: refused rather than silently ignored. */
export const UNSUPPORTED: readonly Rule[] = [
  {
    id: "unsupported",
    severity: "error",
    check: (manifest) => [
      ...OF_SERVICE.flatMap((feature) => found(null, feature, manifest.source.connector)),
      ...resourcesOf(manifest).flatMap(({ index, source }) =>
        OF_RESOURCE.flatMap((feature) => found(index, feature, source)),
      ),
    ],
  },
];

function found(resource: number | null, { path }: Feature, source: unknown): Spot[] {
  return places(source, path).map((at) => ({
    resource,
    path: at,
    message: `\`${path.at(-1)}\` is not supported by this version.`,
    mend: "Take it out: it would have no effect.",
  }));
}

/** Every place that a pattern matches. */
function places(value: unknown, [step, ...rest]: readonly string[], above: Path = []): Path[] {
  if (step === undefined) return [above];
  if (!isObject(value) && !Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([key, member]) => (step === "*" || key === step) && member !== undefined)
    .flatMap(([key, member]) => places(member, rest, [...above, Array.isArray(value) ? Number(key) : key]));
}
