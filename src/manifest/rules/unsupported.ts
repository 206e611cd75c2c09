import { isObject } from "../../kernel/json.ts";
import type { Path } from "../source.ts";
import { type Rule, resourcesOf, type Spot } from "./rule.ts";

/** A place where something may stand that nothing here runs; `*` is any key or index. */
interface Feature {
  path: string[];
  /** What does run there; none when nothing does. */
  runs: readonly string[];
}

const OF_SERVICE: readonly Feature[] = [
  { path: ["service", "rateLimit"], runs: [] },
  { path: ["service", "errors", "map"], runs: [] },
];

const OF_RESOURCE: readonly Feature[] = [
  { path: ["parent"], runs: [] },
  { path: ["operations", "*", "expose"], runs: [] },
  { path: ["operations", "*", "errors", "map"], runs: [] },
  { path: ["pollers", "*", "forEach"], runs: [] },
  { path: ["pollers", "*", "key"], runs: [] },
  { path: ["webhooks", "*", "source", "type"], runs: ["poll", "action"] },
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

function found(resource: number | null, { path, runs }: Feature, source: unknown): Spot[] {
  return places(source, path)
    .filter(({ value }) => typeof value !== "string" || !runs.includes(value))
    .map(({ path: at, value }) => ({
      resource,
      path: at,
      message: `\`${path.at(-1)}\`${typeof value === "string" ? ` \`${value}\`` : ""} is not supported by this version.`,
      mend:
        runs.length === 0
          ? "Take it out: it would have no effect."
          : `Supported are ${runs.map((run) => `\`${run}\``).join(", ")}.`,
    }));
}

/** Every place that a pattern matches, with what stands there. */
function places(
  value: unknown,
  [step, ...rest]: readonly string[],
  above: Path = [],
): { path: Path; value: unknown }[] {
  if (step === undefined) return [{ path: above, value }];
  if (!isObject(value) && !Array.isArray(value)) return [];
  return Object.entries(value)
    .filter(([key, member]) => (step === "*" || key === step) && member !== undefined)
    .flatMap(([key, member]) => places(member, rest, [...above, Array.isArray(value) ? Number(key) : key]));
}
