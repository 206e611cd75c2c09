import type { JsonObject } from "../../kernel/json.ts";
import { derivedId } from "../identifiers.ts";
import type { ModelRecord } from "../model-catalogue.ts";
import type { Models } from "../models.ts";

export const GROUP_TYPES = ["model_group", "batch", "token_count", "files", "skills", "web_search"] as const;
type GroupType = (typeof GROUP_TYPES)[number];

/** What shares one set of limits: the models of a family, or a part of the API. */
export interface RateLimitGroup {
  /** Of the organization's entry for it. */
  id: string;
  /** Of the group itself, the same in every organization. */
  groupId: string;
  type: GroupType;
  /** Of a model group: what people call it. */
  displayName: string | null;
  /** Of a model group: ids and aliases. */
  models: string[] | null;
  /** By limiter type. */
  limits: ReadonlyMap<string, number>;
}

/** As the sandbox's rate-limit headers promise; see `rate-limits.ts`. */
const MODEL_LIMITS = new Map([
  ["requests_per_minute", 4_000],
  ["input_tokens_per_minute", 2_000_000],
  ["output_tokens_per_minute", 400_000],
]);
const OTHERS: [type: GroupType, limiter: string, value: number][] = [
  ["batch", "enqueued_batch_requests", 500_000],
  ["token_count", "requests_per_minute", 8_000],
  ["files", "requests_per_minute", 500],
  ["skills", "requests_per_minute", 500],
  ["web_search", "tool_uses_per_second", 30],
];

/** Every group, model families first; they follow from the models that answer today. */
export function rateLimitGroups(models: Models): RateLimitGroup[] {
  const families = new Map<string, string[]>();
  for (const model of models.answering()) {
    const family = familyOf(model);
    families.set(family, [...(families.get(family) ?? []), ...model.aliases, model.id]);
  }
  return [
    ...[...families].map(([family, names]) => group("model_group", family, names, MODEL_LIMITS)),
    ...OTHERS.map(([type, limiter, value]) => group(type, null, null, new Map([[limiter, value]]))),
  ];
}

/** The group as both versions show it; the older one repeats its type beside it. */
export function showGroup({ groupId, type, displayName }: RateLimitGroup): JsonObject {
  return { id: groupId, type, ...(displayName !== null && { display_name: displayName }) };
}

function group(type: GroupType, name: string | null, models: string[] | null, limits: Map<string, number>) {
  const key = `${type}/${name ?? ""}`;
  return { id: derivedId("rl", key), groupId: derivedId("rlg", key), type, displayName: name, models, limits };
}

/** `Claude Opus 4.7` → `Claude Opus 4.x`. */
function familyOf({ display_name: name }: ModelRecord): string {
  return name.replace(/(\d+)(\.\d+)?$/, "$1.x");
}
