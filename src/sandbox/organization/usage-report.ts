import type { JsonObject } from "../../kernel/json.ts";
import { invalidRequest } from "../api-error.ts";
import { type Call, type Endpoint, json } from "../endpoint.ts";
import type { Setting } from "../setting.ts";
import { choices } from "./fields.ts";
import { type Bucket, reportByTime } from "./report-page.ts";
import { sumBy } from "./sum-by.ts";
import type { UsageEntry, UsageLedger } from "./usage-ledger.ts";

const SPEED_BETA = "fast-mode-2026-02-01";

type Dimension = (entry: UsageEntry) => string | null;
/** What results can be told apart by; the sandbox has neither accounts nor service accounts that make requests. */
const DIMENSIONS = {
  account_id: () => null,
  api_key_id: ({ apiKeyId }) => apiKeyId,
  context_window: ({ contextWindow }) => contextWindow,
  inference_geo: ({ inferenceGeo }) => inferenceGeo,
  model: ({ model }) => model,
  service_account_id: () => null,
  service_tier: ({ serviceTier }) => serviceTier,
  workspace_id: ({ workspaceId }) => workspaceId,
  speed: ({ speed }) => speed,
} satisfies Record<string, Dimension>;
type DimensionName = keyof typeof DIMENSIONS;
const NAMES = Object.keys(DIMENSIONS) as DimensionName[];

const FILTERS: Record<string, DimensionName> = {
  account_ids: "account_id",
  api_key_ids: "api_key_id",
  context_window: "context_window",
  inference_geos: "inference_geo",
  models: "model",
  service_account_ids: "service_account_id",
  service_tiers: "service_tier",
  workspace_ids: "workspace_id",
  speeds: "speed",
};

/** GET /v1/organizations/usage_report/messages */
export function messagesUsageReport(ledger: UsageLedger, setting: Setting): Endpoint {
  return (call) => {
    const hasSpeed = call.betas.has(SPEED_BETA);
    const groups = choices(call.query, "group_by", NAMES);
    if (!hasSpeed && (groups.includes("speed") || call.query.has("speeds[]"))) {
      throw invalidRequest(`speed: needs the beta header ${SPEED_BETA}`);
    }
    const keep = filterOf(call);
    const shown = NAMES.filter((name) => name !== "speed" || hasSpeed);
    const results = ({ from, to }: Bucket) =>
      sumBy(
        ledger.between(from, to).filter(keep),
        groups.map((name) => DIMENSIONS[name]),
      ).map((entry) => ({
        ...amounts(entry),
        ...Object.fromEntries(shown.map((name) => [name, groups.includes(name) ? DIMENSIONS[name](entry) : null])),
      }));
    return json(reportByTime(call, setting, ["1m", "1h", "1d"], results));
  };
}

function filterOf({ query }: Call): (entry: UsageEntry) => boolean {
  const wanted = Object.entries(FILTERS)
    .filter(([parameter]) => query.has(`${parameter}[]`))
    .map(([parameter, name]) => ({ of: DIMENSIONS[name] as Dimension, values: query.getAll(`${parameter}[]`) }));
  return (entry) => wanted.every(({ of, values }) => values.includes(of(entry) ?? ""));
}

function amounts(entry: UsageEntry): JsonObject {
  return {
    uncached_input_tokens: entry.uncachedInput,
    cache_creation: {
      ephemeral_1h_input_tokens: entry.cacheWrite1h,
      ephemeral_5m_input_tokens: entry.cacheWrite5m,
    },
    cache_read_input_tokens: entry.cacheRead,
    output_tokens: entry.output,
    server_tool_use: { web_search_requests: entry.webSearches },
  };
}
