import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import { invalidRequest, notFoundError } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { type ApiVersion, type Call, type Endpoint, json } from "../endpoint.ts";
import type { Models } from "../models.ts";
import { listByToken } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { choice, flag, readFields } from "./fields.ts";
import { DEFAULT_WORKSPACE_ID } from "./identity.ts";
import { GROUP_TYPES, type RateLimitGroup, rateLimitGroups, showGroup } from "./rate-limit-groups.ts";
import type { Workspaces } from "./workspaces.ts";

/** SDK `WorkspaceRateLimitType`. */
const SETTABLE = [
  "fast_itpmca",
  "fast_otpm",
  "input_tokens_per_minute",
  "input_tokens_per_minute_cache_aware",
  "output_tokens_per_minute",
  "requests_per_minute",
  "tokens_per_day",
  "tokens_per_minute",
  "tool_uses_per_second",
] as const;

/** What the organization may use a minute, and what its workspaces were held to. The sandbox shows these and enforces none. */
export class OrganizationRateLimits {
  readonly #setting: Setting;
  readonly #models: Models;
  readonly #workspaces: Workspaces;
  /** By workspace and entry, then by limiter type. */
  readonly #overrides = new Map<string, Map<string, number>>();

  constructor(setting: Setting, models: Models, workspaces: Workspaces) {
    this.#setting = setting;
    this.#models = models;
    this.#workspaces = workspaces;
  }

  /** GET /v1/organizations/rate_limits: 404 for a `model` that is in no group. */
  readonly list: Endpoint = (call) => {
    const name = call.query.get("model");
    const groups = this.#asked(call).filter(({ models }) => name === null || models?.includes(name));
    if (name !== null && groups.length === 0) throw notFoundError(`No rate limits for model \`${name}\`.`);
    return json(this.#page(groups, call, (group) => showLimits(group, call.version)));
  };

  /** GET …/workspaces/{id}/rate_limits: the overrides, and with `include_inherited` all that holds. */
  readonly listInWorkspace: Endpoint = (call) => {
    const { id } = this.#workspaces.get(call.param("id"));
    const inherited = flag(call.query, "include_inherited");
    const groups = this.#asked(call).filter((group) => inherited || this.#overridesOf(id, group).size > 0);
    return json(this.#page(groups, call, (group) => this.#showIn(id, group, inherited, call.version)));
  };

  /** POST …/workspaces/{id}/rate_limits/{rate_limit_id}: a number sets an override, null clears it, the rest stays. */
  readonly update: Endpoint = async (call) => {
    const { id } = this.#workspaces.open(call.param("id"));
    const group = rateLimitGroups(this.#models).find((candidate) => candidate.id === call.param("limit"));
    if (!group) throw notFoundError(`Rate limit \`${call.param("limit")}\` not found.`);
    if (id === DEFAULT_WORKSPACE_ID) throw invalidRequest("The default workspace cannot have rate limit overrides.");
    const changes = changesOf(await readFields(call, ["limits"]));
    const overrides = this.#overridesOf(id, group);
    for (const [type, value] of changes) {
      if (value === null) overrides.delete(type);
      else overrides.set(type, value);
    }
    this.#overrides.set(`${id}/${group.id}`, overrides);
    return json(this.#showIn(id, group, false, call.version));
  };

  #asked({ query }: Call): RateLimitGroup[] {
    const type = query.has("group_type") ? choice(query.get("group_type"), "group_type", GROUP_TYPES) : null;
    return rateLimitGroups(this.#models).filter((group) => type === null || group.type === type);
  }

  /** All of them in one page unless a limit is given. */
  #page(groups: RateLimitGroup[], { query, faults }: Call, show: (group: RateLimitGroup) => Json): JsonObject {
    const inOrder = new Collection<RateLimitGroup>();
    for (const [i, group] of groups.entries()) inOrder.add(group, -i);
    const { pageSize } = this.#setting;
    return listByToken(inOrder, { query, defaultLimit: 1000, pageSize, keep: () => true, show, faults });
  }

  #overridesOf(workspaceId: string, group: RateLimitGroup): Map<string, number> {
    return this.#overrides.get(`${workspaceId}/${group.id}`) ?? new Map();
  }

  #showIn(workspaceId: string, group: RateLimitGroup, inherited: boolean, version: ApiVersion): JsonObject {
    const overrides = this.#overridesOf(workspaceId, group);
    const types = new Set([...overrides.keys(), ...(inherited ? group.limits.keys() : [])]);
    const limits = [...types].map((type) => {
      const own = overrides.get(type);
      const general = group.limits.get(type) ?? null;
      const source = { type: own === undefined ? "organization" : "workspace" };
      return { type, value: own ?? general, org_limit: general, source };
    });
    return {
      type: "workspace_rate_limit",
      rate_limit_id: group.id,
      workspace_id: workspaceId,
      ...groupOf(group, version),
      models: group.models,
      limits,
    };
  }
}

function showLimits(group: RateLimitGroup, version: ApiVersion): JsonObject {
  const limits = [...group.limits].map(([type, value]) => ({ type, value }));
  return { id: group.id, type: "rate_limit", ...groupOf(group, version), models: group.models, limits };
}

/** The older version has the group's type beside it as well. */
function groupOf(group: RateLimitGroup, version: ApiVersion): JsonObject {
  return { group: showGroup(group), ...(version === "2023-06-01" && { group_type: group.type }) };
}

/** New values by limiter type. Throws 400. */
function changesOf({ limits }: JsonObject): Map<string, number | null> {
  if (!Array.isArray(limits)) throw invalidRequest("limits: Input should be a valid array");
  const changes = new Map<string, number | null>();
  for (const [i, item] of limits.entries()) {
    const { type, value } = isObject(item) ? (item as JsonObject) : {};
    const name = choice(type, `limits.${i}.type`, SETTABLE);
    const isGood = value === null || (typeof value === "number" && Number.isInteger(value) && value >= 0);
    if (!isGood) throw invalidRequest(`limits.${i}.value: Input should be a whole number or null`);
    changes.set(name, value);
  }
  return changes;
}
