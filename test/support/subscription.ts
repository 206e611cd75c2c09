import type { NewEvent } from "../../src/model/event.ts";
import type { Subscription } from "../../src/model/subscription.ts";

/** A subscription to all events, active and well, unless told. */
export function subscription(more: Partial<Subscription> = {}): Subscription {
  return {
    id: "sub_1",
    owner: "key_1",
    url: "https://example.com/hook",
    events: ["*"],
    connectionId: null,
    ownerConnections: null,
    filter: null,
    format: "standard",
    template: null,
    secrets: [],
    sealedHeaders: null,
    headerNames: [],
    maxInFlight: 10,
    rateLimit: null,
    ordered: false,
    orderingKey: null,
    timeoutMs: 15_000,
    retrySchedule: null,
    status: "active",
    reason: null,
    holdUntil: null,
    failingSince: null,
    consecutiveFailures: 0,
    warned: 0,
    expiresAt: null,
    description: null,
    tags: [],
    createdAt: 0,
    resumedAt: null,
    resumedBefore: null,
    updatedAt: 0,
    ...more,
  };
}

export function newEvent(more: Partial<NewEvent> = {}): NewEvent {
  return {
    id: "evt_1",
    type: "files.created",
    timestamp: 0,
    connector: "claude-api",
    connectionId: "con_1",
    connection: "default",
    resource: "files",
    data: { id: "file_1" },
    previous: undefined,
    dedupeKey: "k",
    ...more,
  };
}
