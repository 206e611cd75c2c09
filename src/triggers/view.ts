import { isoTime } from "../kernel/clock.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import { CADENCES, type StoredItem, type StoredPoller, type Sweep } from "../model/poller.ts";

const timeOrNull = (ms: number | null) => (ms === null ? null : isoTime(ms));

/** A poller as callers see it; `connection` is its connection's name. */
export function pollerView(poller: StoredPoller, connection: string): JsonObject {
  return {
    id: poller.id,
    connector: poller.connector,
    connection,
    resource: poller.resource,
    name: poller.name,
    state: poller.state,
    items: poller.items,
    held: poller.held,
    baselined_at: timeOrNull(poller.baselinedAt),
    last_success_at: timeOrNull(poller.lastSuccessAt),
    last_complete_at: timeOrNull(poller.lastCompleteAt),
    consecutive_failures: poller.consecutiveFailures,
    last_error: poller.lastError,
    next_run_at: isoTime(poller.nextRunAt),
    cadence: poller.cadence,
  };
}

/** One sweep of a poller's history. */
export function sweepView(sweep: Sweep): JsonObject {
  return {
    id: sweep.id,
    started_at: isoTime(sweep.startedAt),
    duration_ms: sweep.durationMs,
    pages: sweep.pages,
    ...outcomeView(sweep),
  };
}

/** What a sweep found (CONTRACT: the answer of `run`). */
export function outcomeView({ complete, items, added, changed, removed, held, events, error }: Sweep): JsonObject {
  return { complete, items, added, changed, removed, held, events, ...(error === null ? {} : { error }) };
}

/** An item whose removal is held back. */
export function heldView({ key, absent, record }: StoredItem): JsonObject {
  return { key, absent_sweeps: absent, record };
}

const TIME: JsonSchema = { type: ["string", "null"], format: "date-time" };
const COUNT: JsonSchema = { type: "integer" };

export const OUTCOME_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    complete: { type: "boolean", description: "Only a complete sweep proves that something is gone." },
    items: COUNT,
    added: COUNT,
    changed: COUNT,
    removed: COUNT,
    held: COUNT,
    events: COUNT,
    error: { type: "string" },
  },
  required: ["complete", "items", "added", "changed", "removed", "held", "events"],
};

const POLLER_PROPERTIES: JsonSchema = {
  id: { type: "string" },
  connector: { type: "string" },
  connection: { type: "string" },
  resource: { type: "string" },
  name: { type: "string" },
  state: { type: "string", enum: ["active", "paused", "needs_reauth"] },
  items: COUNT,
  held: { type: "integer", description: "Removals that a guard holds back." },
  baselined_at: TIME,
  last_success_at: TIME,
  last_complete_at: TIME,
  consecutive_failures: COUNT,
  last_error: { type: ["string", "null"] },
  next_run_at: TIME,
  cadence: { type: "string", enum: [...CADENCES], description: "Why it runs next when it does." },
};

export const POLLER_SCHEMA: JsonSchema = { type: "object", properties: POLLER_PROPERTIES };

export const POLLER_DETAIL_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    ...POLLER_PROPERTIES,
    sweeps: { type: "array", items: { type: "object" }, description: "Newest first." },
    held_items: { type: "array", items: { type: "object" } },
  },
};
