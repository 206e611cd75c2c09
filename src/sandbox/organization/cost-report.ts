import type { Json, JsonObject } from "../../kernel/json.ts";
import { type Endpoint, json } from "../endpoint.ts";
import type { Models } from "../models.ts";
import type { Setting } from "../setting.ts";
import { choices } from "./fields.ts";
import { cents, searchCost, TOKEN_TYPES, type TokenType, tokenCost } from "./prices.ts";
import { type Bucket, reportByTime } from "./report-page.ts";
import type { UsageEntry, UsageLedger } from "./usage-ledger.ts";

const GROUPS = ["workspace_id", "description"] as const;
const KINDS: Record<TokenType, [of: keyof UsageEntry, label: string]> = {
  uncached_input_tokens: ["uncachedInput", "Input Tokens"],
  "cache_creation.ephemeral_5m_input_tokens": ["cacheWrite5m", "Input Tokens, Cache Write 5m"],
  "cache_creation.ephemeral_1h_input_tokens": ["cacheWrite1h", "Input Tokens, Cache Write 1h"],
  cache_read_input_tokens: ["cacheRead", "Input Tokens, Cache Hit"],
  output_tokens: ["output", "Output Tokens"],
};

/** What was paid for, before it is grouped; the members are the report's own. */
interface Item {
  amount: bigint;
  workspace_id: string | null;
  described: JsonObject;
}

const UNDESCRIBED = {
  description: null,
  cost_type: null,
  context_window: null,
  model: null,
  service_tier: null,
  token_type: null,
};

/** GET /v1/organizations/cost_report: amounts are decimal strings in cents. */
export function costReport(ledger: UsageLedger, models: Models, setting: Setting): Endpoint {
  return (call) => {
    const groups = choices(call.query, "group_by", GROUPS);
    const results = ({ from, to }: Bucket): Json[] => {
      const items = ledger.between(from, to).flatMap((entry) => itemsOf(entry, models));
      const sums = new Map<string, { amount: bigint; shown: JsonObject }>();
      for (const item of items) {
        const shown = {
          ...(groups.includes("description") ? item.described : UNDESCRIBED),
          workspace_id: groups.includes("workspace_id") ? item.workspace_id : null,
        };
        const key = JSON.stringify(shown);
        sums.set(key, { amount: (sums.get(key)?.amount ?? 0n) + item.amount, shown });
      }
      return [...sums.entries()]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { amount, shown }]) => ({
          amount: cents(amount),
          currency: "USD",
          ...shown,
          inference_geo: null,
        }));
    };
    return json(reportByTime(call, setting, ["1d"], results));
  };
}

function itemsOf(entry: UsageEntry, models: Models): Item[] {
  const name = models.find(entry.model)?.display_name ?? entry.model;
  const tier = entry.serviceTier === "batch" ? "Batch Usage" : "Usage";
  const items = TOKEN_TYPES.filter((type) => Number(entry[KINDS[type][0]]) > 0).map((type) => ({
    amount: tokenCost(type, Number(entry[KINDS[type][0]]), entry),
    workspace_id: entry.workspaceId,
    described: {
      description: `${name} ${tier} - ${KINDS[type][1]}`,
      cost_type: "tokens",
      context_window: entry.contextWindow,
      model: entry.model,
      service_tier: entry.serviceTier,
      token_type: type,
    },
  }));
  if (entry.webSearches === 0) return items;
  const described = { ...UNDESCRIBED, description: "Web Search Usage", cost_type: "web_search" };
  return [...items, { amount: searchCost(entry.webSearches), workspace_id: entry.workspaceId, described }];
}
