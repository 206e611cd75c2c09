import type { JsonObject } from "../../kernel/json.ts";
import type { Scope } from "../../model/actor.ts";
import type { Connection } from "../../model/connection.ts";
import type {
  DeliveryFormat,
  RateLimit,
  SealedSecret,
  Subscription,
  SubscriptionStatus,
} from "../../model/subscription.ts";
import type { Kit } from "./kit.ts";

/** What people set up: few rows, read often. */
export function configuration({ table, text, int, flag, json, unique, index }: Kit) {
  const connections = table(
    "connections",
    {
      id: text().primaryKey(),
      connector: text().notNull(),
      name: text().notNull(),
      params: json<Record<string, string>>().notNull(),
      sealedCredentials: text().notNull(),
      credentialFields: json<string[]>().notNull(),
      sealedTokens: json<Record<string, string>>().notNull().default({}),
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
      filter: json<JsonObject>(),
      format: text<DeliveryFormat>().notNull(),
      template: text(),
      secrets: json<SealedSecret[]>().notNull(),
      sealedHeaders: text(),
      headerNames: json<string[]>().notNull(),
      maxInFlight: int().notNull(),
      rateLimit: json<RateLimit | null>(),
      ordered: flag().notNull().default(false),
      orderingKey: json<Subscription["orderingKey"]>(),
      timeoutMs: int().notNull(),
      retrySchedule: json<Subscription["retrySchedule"]>(),
      status: text<SubscriptionStatus>().notNull(),
      reason: text(),
      holdUntil: int(),
      failingSince: int(),
      consecutiveFailures: int().notNull(),
      warned: int().notNull(),
      expiresAt: int(),
      description: text(),
      tags: json<string[]>().notNull(),
      createdAt: int().notNull(),
      resumedAt: int(),
      resumedBefore: int(),
      updatedAt: int().notNull(),
    },
    (t) => [index("subscriptions_owner").on(t.owner, t.id), index("subscriptions_url").on(t.url, t.id)],
  );
  return { connections, keys, subscriptions };
}
