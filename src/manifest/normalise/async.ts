import { parseDuration } from "../../kernel/duration.ts";
import type { AsyncRule } from "../async-rule.ts";
import type { AsyncSource } from "../schema/async.ts";

const DEFAULT_EVERY = "10s";
const DEFAULT_WITHIN = "7d";

export function normaliseAsync(source: AsyncSource): AsyncRule {
  const everyMs = parseDuration(source.every ?? DEFAULT_EVERY);
  return {
    read: source.read,
    field: source.field,
    done: source.done,
    failed: source.failed ?? [],
    results: source.results ?? null,
    cancel: source.cancel ?? null,
    progress: source.progress ?? null,
    everyMs,
    upToMs: Math.max(everyMs, source.upTo === undefined ? 0 : parseDuration(source.upTo)),
    withinMs: parseDuration(source.within ?? DEFAULT_WITHIN),
  };
}
