import type { ApiKey } from "../../src/model/actor.ts";
import { newRun, type StoredRun } from "../../src/model/async-run.ts";
import type { Connection } from "../../src/model/connection.ts";
import type { Attempt, Delivery } from "../../src/model/delivery.ts";
import type { NewEvent } from "../../src/model/event.ts";
import type { NewJob } from "../../src/model/job.ts";
import type { StoredPoller, Sweep } from "../../src/model/poller.ts";
import type { Subscription } from "../../src/model/subscription.ts";
import type { ItemWrite, ToldEvent } from "../../src/store/acts.ts";
import { subscription } from "./subscription.ts";

/** A moment, ms since the epoch. */
export const NOW = Date.UTC(2026, 10, 20, 8);

export function aConnection(id: string, more: Partial<Connection> = {}): Connection {
  return {
    id,
    connector: "claude-api",
    name: id,
    params: { baseUrl: "https://api.example.com/v1" },
    sealedCredentials: "v1.abc.def",
    credentialFields: ["apiKey"],
    sealedTokens: {},
    state: "active",
    account: null,
    owner: "key_1",
    createdAt: NOW,
    updatedAt: NOW,
    ...more,
  };
}

export function aKey(keyId: string, more: Partial<ApiKey> = {}): ApiKey {
  return {
    keyId,
    name: keyId,
    hash: `hash of ${keyId}`,
    scopes: ["actions:read", "events"],
    connections: null,
    createdAt: NOW,
    revokedAt: null,
    ...more,
  };
}

export function aSubscription(id: string, more: Partial<Subscription> = {}): Subscription {
  const secrets = [{ sealed: "v1.abc.def", until: null }];
  const times = { createdAt: NOW, updatedAt: NOW };
  return subscription({ id, events: ["files.*"], secrets, tags: ["a", "b"], ...times, ...more });
}

export function aPoller(id: string, more: Partial<StoredPoller> = {}): StoredPoller {
  return {
    id,
    connectionId: "con_1",
    connector: "claude-api",
    resource: "files",
    name: id,
    state: "active",
    version: 0,
    generation: 1,
    keyPrint: '"id"',
    pagesPrint: null,
    items: 0,
    held: 0,
    baselinedAt: null,
    lastStartedAt: null,
    lastSuccessAt: null,
    lastCompleteAt: null,
    consecutiveFailures: 0,
    lastError: null,
    nextRunAt: NOW,
    cadence: "regular",
    createdAt: NOW,
    ...more,
  };
}

export function anItem(key: string, more: Partial<ItemWrite> = {}): ItemWrite {
  return {
    key,
    fingerprint: `print of ${key}`,
    record: { id: key, size: 12.5, nested: [null, true, "ünïcode \u2028"] },
    states: { "files.created": { matching: true, told: 1 } },
    absent: 0,
    status: "present",
    ...more,
  };
}

export function aSweep(id: string, pollerId: string, more: Partial<Sweep> = {}): Sweep {
  return {
    id,
    pollerId,
    startedAt: NOW,
    durationMs: 12,
    complete: true,
    pages: 1,
    items: 3,
    added: 2,
    changed: 1,
    removed: 0,
    held: 0,
    events: 2,
    error: null,
    ...more,
  };
}

export function anEvent(id: string, more: Partial<NewEvent> = {}): NewEvent {
  return {
    id,
    type: "files.created",
    timestamp: NOW,
    connector: "claude-api",
    connectionId: "con_1",
    connection: "default",
    resource: "files",
    data: { id: "file_1", filename: "a.pdf" },
    previous: undefined,
    dedupeKey: `dedupe ${id}`,
    ...more,
  };
}

/** Due at once, unless its status is another than pending. */
export function aDelivery(id: string, more: Partial<Delivery> = {}): Delivery {
  return {
    id,
    eventId: "evt_1",
    eventType: "files.created",
    subscriptionId: "sub_1",
    status: "pending",
    reason: null,
    attempts: 0,
    triedBefore: 0,
    nextAttemptAt: (more.status ?? "pending") === "pending" ? NOW : null,
    lane: null,
    createdAt: NOW,
    updatedAt: NOW,
    ...more,
  };
}

export function aJob(key: string | null, more: Partial<NewJob> = {}): NewJob {
  return { queue: "run", group: "sub_1", key, dueAt: NOW, payload: key, ...more };
}

/** An event with one delivery to `sub_1`, which is pending and due; ids end in `n`. */
export function told(
  n: string | number,
  more: { event?: Partial<NewEvent>; delivery?: Partial<Delivery> } = {},
): ToldEvent {
  const delivery = aDelivery(`dlv_${n}`, { eventId: `evt_${n}`, ...more.delivery });
  return { event: anEvent(`evt_${n}`, more.event), deliveries: [delivery], jobs: [] };
}

export function anAttempt(id: string, deliveryId: string, more: Partial<Attempt> = {}): Attempt {
  return {
    id,
    deliveryId,
    number: 1,
    startedAt: NOW,
    durationMs: 20,
    class: "ok",
    status: 200,
    error: null,
    responseBody: "ok",
    trigger: "schedule",
    ...more,
  };
}

/** What an attempt that succeeded changes of its delivery. */
export function delivered(id: string) {
  return { id, status: "delivered", reason: null, attempts: 1, nextAttemptAt: null, updatedAt: NOW + 1 } as const;
}

/** A run that waits for its turn. */
export function aRun(id: string, more: Partial<StoredRun> = {}): StoredRun {
  const about = {
    id,
    owner: "key_1",
    scope: "actions:write",
    connector: "claude-api",
    operation: "messages.create",
    connectionId: "con_1",
    connection: "default",
    fields: "selected",
    replay: null,
    sealedRequest: "v1.a",
  } as const;
  return { ...newRun(about, NOW), ...more };
}
