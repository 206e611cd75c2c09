import { isoTime } from "../kernel/clock.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import type { Connection } from "../model/connection.ts";
import { DELIVERY_FORMATS, isExpired, type Subscription } from "../model/subscription.ts";
import { MASK } from "./headers.ts";
import { orderingKeyView } from "./order.ts";
import { rateLimitView } from "./rate-limit.ts";
import { retryScheduleView } from "./retry-schedule.ts";

const TIME: JsonSchema = { type: "string", format: "date-time" };
const TIME_OR_NULL: JsonSchema = { type: ["string", "null"], format: "date-time" };

export const SUBSCRIPTION_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string" },
    url: { type: "string" },
    events: { type: "array", items: { type: "string" } },
    connection: {
      type: ["string", "null"],
      description: "The connection's name, of one that was deleted its id; null = all.",
    },
    connection_id: { type: ["string", "null"] },
    filter: { type: ["object", "null"], description: "The condition on the event; null = none." },
    format: { type: "string", enum: [...DELIVERY_FORMATS] },
    template: { type: ["string", "null"], description: "The JSON template of the body; null = the format's." },
    headers: { type: "object", description: "Extra headers, values masked." },
    timeout: { type: "number", description: "Seconds." },
    retry_schedule: {
      type: ["array", "null"],
      items: { type: "string" },
      description: "The delay before each try; null = the deployment's.",
    },
    max_in_flight: { type: "integer" },
    rate_limit: {
      type: ["object", "null"],
      properties: { per_second: { type: "integer" }, per_minute: { type: "integer" } },
      description: "Tries that may begin; null = no limit.",
    },
    ordered: { type: "boolean", description: "One at a time, in the order in which the events were stored." },
    ordering_key: {
      type: ["string", "array", "null"],
      items: { type: ["string", "integer"] },
      description: "Keeps the order per value of this member of the event.",
    },
    status: { type: "string", enum: ["active", "paused", "disabled", "expired"] },
    reason: {
      type: ["string", "null"],
      description: "Why it is not active: paused, gone, failing, key_revoked, expired.",
    },
    hold_until: { ...TIME_OR_NULL, description: "No try before: the receiver asked for a pause." },
    failing_since: TIME_OR_NULL,
    consecutive_failures: { type: "integer" },
    expires_at: { ...TIME_OR_NULL, description: "When it ends; null = never." },
    description: { type: ["string", "null"] },
    tags: { type: "array", items: { type: "string" } },
    created_at: TIME,
    updated_at: TIME,
  },
};

const EXPIRED = { status: "expired", reason: "expired" };

/** The public form of a subscription at `now` (ms since the epoch); `connections` are those whose names are known. */
export function subscriptionView(
  subscription: Subscription,
  connections: readonly Connection[],
  now: number,
): JsonObject {
  const { connectionId, holdUntil, failingSince, expiresAt } = subscription;
  const { status, reason } = isExpired(subscription, now) ? EXPIRED : subscription;
  return {
    id: subscription.id,
    url: subscription.url,
    events: subscription.events,
    connection: connections.find(({ id }) => id === connectionId)?.name ?? connectionId,
    connection_id: connectionId,
    filter: subscription.filter,
    format: subscription.format,
    template: subscription.template,
    headers: Object.fromEntries(subscription.headerNames.map((name) => [name, MASK])),
    timeout: subscription.timeoutMs / 1_000,
    retry_schedule: retryScheduleView(subscription.retrySchedule),
    max_in_flight: subscription.maxInFlight,
    rate_limit: rateLimitView(subscription.rateLimit),
    ordered: subscription.ordered,
    ordering_key: orderingKeyView(subscription.orderingKey),
    status,
    reason,
    hold_until: holdUntil === null ? null : isoTime(holdUntil),
    failing_since: failingSince === null ? null : isoTime(failingSince),
    consecutive_failures: subscription.consecutiveFailures,
    expires_at: expiresAt === null ? null : isoTime(expiresAt),
    description: subscription.description,
    tags: subscription.tags,
    created_at: isoTime(subscription.createdAt),
    updated_at: isoTime(subscription.updatedAt),
  };
}
