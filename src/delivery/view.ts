import { isoTime } from "../kernel/clock.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import { type Attempt, DELIVERY_STATUSES, type Delivery } from "../model/delivery.ts";
import type { Store } from "../store/contract.ts";

const TIME: JsonSchema = { type: "string", format: "date-time" };
const TIME_OR_NULL: JsonSchema = { type: ["string", "null"], format: "date-time" };

export const DELIVERY_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string" },
    event: { type: "string", description: "The event's id, which is the webhook-id." },
    type: { type: "string" },
    subscription: { type: "string" },
    status: { type: "string", enum: [...DELIVERY_STATUSES] },
    reason: { type: ["string", "null"], description: "Why it failed, was skipped or was cancelled." },
    attempt_count: { type: "integer" },
    next_attempt_at: TIME_OR_NULL,
    created_at: TIME,
    updated_at: TIME,
  },
};

const ATTEMPT_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string" },
    number: { type: "integer" },
    trigger: { type: "string", enum: ["schedule", "manual"] },
    started_at: TIME,
    duration_ms: { type: "integer" },
    class: { type: "string", description: "ok, or what went wrong: dns, connect, tls, timeout, http_4xx, template, …" },
    status: { type: ["integer", "null"] },
    error: { type: ["string", "null"] },
    response_body: { type: ["string", "null"], description: "The first 16 KiB of the answer." },
  },
};

export const DELIVERY_WITH_ATTEMPTS_SCHEMA: JsonSchema = {
  type: "object",
  properties: { ...(DELIVERY_SCHEMA.properties as JsonObject), attempts: { type: "array", items: ATTEMPT_SCHEMA } },
};

/** Deliveries in their public form; one whose subscription is held is not tried before that ends. */
export async function deliveryViews({ subscriptions }: Store, deliveries: readonly Delivery[]): Promise<JsonObject[]> {
  const waiting = deliveries.filter((delivery) => delivery.nextAttemptAt !== null);
  const ids = [...new Set(waiting.map((delivery) => delivery.subscriptionId))];
  const holds = new Map(
    await Promise.all(ids.map(async (id) => [id, (await subscriptions.get(id))?.holdUntil ?? 0] as const)),
  );
  return deliveries.map((delivery) => deliveryView(delivery, holds.get(delivery.subscriptionId)));
}

/** The public form of a delivery; `holdUntil` (ms) is until when its subscription is held. */
export function deliveryView(delivery: Delivery, holdUntil = 0): JsonObject {
  const { status, nextAttemptAt: dueAt } = delivery;
  const nextAt = status !== "pending" || dueAt === null ? null : Math.max(dueAt, holdUntil);
  return {
    id: delivery.id,
    event: delivery.eventId,
    type: delivery.eventType,
    subscription: delivery.subscriptionId,
    status,
    reason: delivery.reason,
    attempt_count: delivery.attempts,
    next_attempt_at: nextAt === null ? null : isoTime(nextAt),
    created_at: isoTime(delivery.createdAt),
    updated_at: isoTime(delivery.updatedAt),
  };
}

/** The public form of one try. */
export function attemptView(attempt: Attempt): JsonObject {
  return {
    id: attempt.id,
    number: attempt.number,
    trigger: attempt.trigger,
    started_at: isoTime(attempt.startedAt),
    duration_ms: attempt.durationMs,
    class: attempt.class,
    status: attempt.status,
    error: attempt.error,
    response_body: attempt.responseBody,
  };
}
