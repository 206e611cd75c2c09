import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import type { Json } from "../kernel/json.ts";
import type { Scope } from "../model/actor.ts";
import type { Connection } from "../model/connection.ts";
import type { Attempt, DeliveryStatus } from "../model/delivery.ts";
import type { IdempotencyRecord } from "../model/idempotency.ts";
import type { Queue } from "../model/job.ts";
import type { PollerState, StoredItem } from "../model/poller.ts";
import type { DeliveryFormat, SealedSecret, SubscriptionStatus } from "../model/subscription.ts";

/** The column builders of one database. Another database's kit offers the same names, so that the tables are written once. */
export const sqliteKit = {
  table: sqliteTable,
  index,
  unique: uniqueIndex,
  text: <T extends string = string>() => text().$type<T>(),
  /** Whole numbers up to 2^53: counts, and times in ms since the epoch. */
  int: () => integer(),
  flag: () => integer({ mode: "boolean" }),
  json: <T>() => text({ mode: "json" }).$type<T>(),
  /** A number given by the database and never given twice, also after its row is gone. */
  serial: () => integer().primaryKey({ autoIncrement: true }),
};

export type Kit = typeof sqliteKit;
export type Tables = ReturnType<typeof describeTables>;

/** Every table, its columns named as the model's members (snake_case in the database), with the indexes its reads need. */
export function describeTables(kit: Kit) {
  return { ...configuration(kit), ...polling(kit), ...telling(kit), ...housekeeping(kit) };
}

/** What people set up: few rows, read often. */
function configuration({ table, text, int, json, unique, index }: Kit) {
  const connections = table(
    "connections",
    {
      id: text().primaryKey(),
      connector: text().notNull(),
      name: text().notNull(),
      params: json<Record<string, string>>().notNull(),
      sealedCredentials: text().notNull(),
      credentialFields: json<string[]>().notNull(),
      state: text<Connection["state"]>().notNull(),
      account: text(),
      owner: text().notNull(),
      createdAt: int().notNull(),
      updatedAt: int().notNull(),
    },
    (t) => [unique("connections_name").on(t.connector, t.name)],
  );
  const keys = table(
    "keys",
    {
      keyId: text().primaryKey(),
      name: text().notNull(),
      hash: text().notNull(),
      scopes: json<readonly Scope[]>().notNull(),
      connections: json<readonly string[] | null>(),
      createdAt: int().notNull(),
      revokedAt: int(),
    },
    (t) => [unique("keys_hash").on(t.hash)],
  );
  const subscriptions = table(
    "subscriptions",
    {
      id: text().primaryKey(),
      owner: text().notNull(),
      url: text().notNull(),
      events: json<string[]>().notNull(),
      connectionId: text(),
      ownerConnections: json<readonly string[] | null>(),
      format: text<DeliveryFormat>().notNull(),
      secrets: json<SealedSecret[]>().notNull(),
      sealedHeaders: text(),
      headerNames: json<string[]>().notNull(),
      maxInFlight: int().notNull(),
      timeoutMs: int().notNull(),
      status: text<SubscriptionStatus>().notNull(),
      reason: text(),
      holdUntil: int(),
      failingSince: int(),
      consecutiveFailures: int().notNull(),
      warned: int().notNull(),
      description: text(),
      tags: json<string[]>().notNull(),
      createdAt: int().notNull(),
      updatedAt: int().notNull(),
    },
    (t) => [index("subscriptions_owner").on(t.owner, t.id), index("subscriptions_url").on(t.url, t.id)],
  );
  return { connections, keys, subscriptions };
}

/** What the pollers remember. */
function polling({ table, text, int, flag, json, serial, unique, index }: Kit) {
  const pollers = table(
    "pollers",
    {
      id: text().primaryKey(),
      connectionId: text().notNull(),
      connector: text().notNull(),
      resource: text().notNull(),
      name: text().notNull(),
      state: text<PollerState>().notNull(),
      version: int().notNull(),
      generation: int().notNull(),
      keyPrint: text().notNull(),
      fingerprintPrint: text().notNull(),
      items: int().notNull(),
      held: int().notNull(),
      baselinedAt: int(),
      lastStartedAt: int(),
      lastSuccessAt: int(),
      lastCompleteAt: int(),
      consecutiveFailures: int().notNull(),
      lastError: text(),
      nextRunAt: int().notNull(),
      createdAt: int().notNull(),
    },
    (t) => [
      unique("pollers_name").on(t.connectionId, t.resource, t.name),
      index("pollers_due").on(t.nextRunAt).where(sql`${t.state} <> 'paused'`),
    ],
  );
  const items = table(
    "items",
    {
      n: serial(),
      pollerId: text().notNull(),
      key: text().notNull(),
      fingerprint: text().notNull(),
      states: json<StoredItem["states"]>().notNull(),
      absent: int().notNull(),
      status: text<StoredItem["status"]>().notNull(),
      record: json<Json>().notNull(),
    },
    (t) => [
      unique("items_key").on(t.pollerId, t.key),
      index("items_known").on(t.pollerId, t.n).where(sql`${t.status} <> 'removed'`),
      index("items_held").on(t.pollerId, t.n).where(sql`${t.status} = 'held'`),
    ],
  );
  const sweeps = table(
    "sweeps",
    {
      n: serial(),
      id: text().notNull(),
      pollerId: text().notNull(),
      startedAt: int().notNull(),
      durationMs: int().notNull(),
      complete: flag().notNull(),
      pages: int().notNull(),
      items: int().notNull(),
      added: int().notNull(),
      changed: int().notNull(),
      removed: int().notNull(),
      held: int().notNull(),
      events: int().notNull(),
      error: text(),
    },
    (t) => [index("sweeps_poller").on(t.pollerId, t.n), index("sweeps_started").on(t.startedAt)],
  );
  return { pollers, items, sweeps };
}

/** What was told, to whom, and how it went. These grow; each index here is paid for by every delivery. */
function telling({ table, text, int, json, serial, unique, index }: Kit) {
  const events = table(
    "events",
    {
      seq: serial(),
      id: text().notNull(),
      type: text().notNull(),
      timestamp: int().notNull(),
      connector: text().notNull(),
      connectionId: text().notNull(),
      connection: text().notNull(),
      resource: text().notNull(),
      dedupeKey: text().notNull(),
      data: json<Json>().notNull(),
      previous: json<Json>(),
    },
    (t) => [
      unique("events_id").on(t.id),
      unique("events_dedupe").on(t.dedupeKey),
      index("events_type").on(t.type, t.seq),
      index("events_connection").on(t.connectionId, t.seq),
      index("events_timestamp").on(t.timestamp),
    ],
  );
  const deliveries = table(
    "deliveries",
    {
      n: serial(),
      id: text().notNull(),
      eventId: text().notNull(),
      eventType: text().notNull(),
      subscriptionId: text().notNull(),
      /** The subscription's owner, kept so that an owner's deliveries are one index range, also after it is deleted. */
      owner: text().notNull(),
      status: text<DeliveryStatus>().notNull(),
      reason: text(),
      attempts: int().notNull(),
      nextAttemptAt: int(),
      createdAt: int().notNull(),
      updatedAt: int().notNull(),
    },
    (t) => [
      unique("deliveries_id").on(t.id),
      index("deliveries_event").on(t.eventId),
      index("deliveries_time").on(t.createdAt, t.n),
      index("deliveries_subscription").on(t.subscriptionId, t.createdAt, t.n),
      index("deliveries_owner").on(t.owner, t.createdAt, t.n),
      // Most deliveries are delivered, so these are found without an index; all others are few.
      index("deliveries_open").on(t.status, t.createdAt, t.n).where(sql`${t.status} <> 'delivered'`),
    ],
  );
  const attempts = table(
    "attempts",
    {
      n: serial(),
      id: text().notNull(),
      deliveryId: text().notNull(),
      number: int().notNull(),
      startedAt: int().notNull(),
      durationMs: int().notNull(),
      class: text<Attempt["class"]>().notNull(),
      status: int(),
      error: text(),
      responseBody: text(),
      trigger: text<Attempt["trigger"]>().notNull(),
    },
    (t) => [index("attempts_delivery").on(t.deliveryId, t.n)],
  );
  const jobs = table(
    "jobs",
    {
      id: serial(),
      queue: text<Queue>().notNull(),
      groupKey: text().notNull(),
      key: text(),
      dueAt: int().notNull(),
      fence: int().notNull().default(0),
      payload: json<Json>().notNull(),
    },
    (t) => [
      index("jobs_due").on(t.queue, t.groupKey, t.dueAt, t.id),
      unique("jobs_key").on(t.queue, t.key).where(sql`${t.key} IS NOT NULL`),
    ],
  );
  return { events, deliveries, attempts, jobs };
}

function housekeeping({ table, text, int, index }: Kit) {
  const idempotency = table(
    "idempotency",
    {
      id: text().primaryKey(),
      bodyHash: text().notNull(),
      state: text<IdempotencyRecord["state"]>().notNull(),
      boot: text().notNull(),
      sealedAnswer: text(),
      createdAt: int().notNull(),
    },
    (t) => [index("idempotency_created").on(t.createdAt)],
  );
  const settings = table("settings", { name: text().primaryKey(), value: text().notNull() });
  return { idempotency, settings };
}
