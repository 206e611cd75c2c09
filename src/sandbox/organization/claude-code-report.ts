import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../kernel/json.ts";
import { invalidRequest } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { type Endpoint, json } from "../endpoint.ts";
import { listByToken } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { apiSecond } from "../world-clock.ts";
import type { ApiKeys } from "./api-keys.ts";
import { ORGANIZATION_ID, seededId } from "./identity.ts";
import { tokenCost, wholeCents } from "./prices.ts";
import type { Users } from "./users.ts";

const DAY_MS = 86_400_000;
const MODELS = ["claude-opus-5", "claude-sonnet-5"];
const TERMINALS = ["vscode", "iTerm.app", "tmux", "Apple_Terminal"];
const WRITES_CODE = new Set(["developer", "claude_code_user", "admin"]);

interface Coders {
  users: Users;
  keys: ApiKeys;
}

interface Row {
  id: string;
  shown: JsonObject;
}

/**
 * GET /v1/organizations/usage_report/claude_code: one day's work of everybody who writes code, with numbers that follow from
 * the day and the person. Nothing of it is what the sandbox did: no Claude Code runs here.
 */
export function claudeCodeReport(organization: Coders, setting: Setting, seeded: boolean): Endpoint {
  return ({ query, faults }) => {
    const day = dayOf(query.get("starting_at"));
    const rows = new Collection<Row>();
    const actors = seeded && day <= setting.clock.now() ? actorsOn(day, organization) : [];
    for (const [i, actor] of actors.entries()) rows.add({ id: String(i), shown: rowOf(day, actor) }, -i);
    const { pageSize } = setting;
    const page = listByToken(rows, { query, pageSize, keep: () => true, show: ({ shown }) => shown, faults });
    return json({ data: page.data, has_more: page.next_page !== null, next_page: page.next_page });
  };
}

/** Who was here by the end of the day: people, and the one key that a build server uses. */
function actorsOn(day: number, { users, keys }: Coders): JsonObject[] {
  const coders = users.values().filter(({ role, addedAt }) => WRITES_CODE.has(role) && addedAt < day + DAY_MS);
  const key = keys.find(seededId("apikey", "Production backend"));
  return [
    ...coders.map(({ email }) => ({ type: "user_actor", email_address: email })),
    ...(key && key.createdAt < day + DAY_MS ? [{ type: "api_actor", api_key_name: key.name }] : []),
  ];
}

/** `2026-11-19`, nothing longer. Throws 400. */
function dayOf(text: string | null): number {
  if (text === null) throw invalidRequest("starting_at: Field required");
  const ms = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(ms)) {
    throw invalidRequest("starting_at: Input should be a date such as 2026-11-19");
  }
  return ms;
}

function rowOf(day: number, actor: JsonObject): JsonObject {
  const chance = createHash("sha256")
    .update(`${day} ${JSON.stringify(actor)}`)
    .digest();
  const up = (to: number, byte: number) => chance.readUInt8(byte) % (to + 1);
  return {
    date: apiSecond(day),
    actor,
    organization_id: ORGANIZATION_ID,
    customer_type: "api",
    subscription_type: null,
    terminal_type: TERMINALS[up(TERMINALS.length - 1, 0)] ?? "vscode",
    is_remote: false,
    core_metrics: {
      num_sessions: 1 + up(14, 1),
      lines_of_code: { added: chance.readUInt16BE(2) % 800, removed: chance.readUInt16BE(4) % 300 },
      commits_by_claude_code: up(9, 6),
      pull_requests_by_claude_code: up(3, 7),
    },
    tool_actions: {
      edit_tool: { accepted: up(40, 8), rejected: up(5, 9) },
      multi_edit_tool: { accepted: up(20, 10), rejected: up(3, 11) },
      write_tool: { accepted: up(15, 12), rejected: up(2, 13) },
      notebook_edit_tool: { accepted: up(5, 14), rejected: up(1, 15) },
    },
    model_breakdown: MODELS.slice(0, 1 + up(1, 16)).map((model, i) => breakdown(model, chance.subarray(17 + 6 * i))),
  };
}

function breakdown(model: string, chance: Buffer): Json {
  const tokens = {
    input: chance.readUInt16BE(0),
    output: chance.readUInt16BE(2) >> 2,
    cache_read: chance.readUInt16BE(4),
    cache_creation: chance.readUInt16BE(1) >> 3,
  };
  const standard = { model, serviceTier: "standard" };
  const cost =
    tokenCost("uncached_input_tokens", tokens.input, standard) +
    tokenCost("output_tokens", tokens.output, standard) +
    tokenCost("cache_read_input_tokens", tokens.cache_read, standard) +
    tokenCost("cache_creation.ephemeral_5m_input_tokens", tokens.cache_creation, standard);
  return { model, tokens, estimated_cost: { amount: wholeCents(cost), currency: "USD" } };
}
