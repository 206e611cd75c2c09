import type { Json } from "../../kernel/json.ts";
import type { Attempt, DeliveryStatus } from "../../model/delivery.ts";
import type { NewJob } from "../../model/job.ts";
import type { Kit } from "./kit.ts";

/** A first attempt, less what its delivery's row says. */
export type FirstTry = Omit<Attempt, "deliveryId" | "number">;

/** What was told, to whom, and how it went. These grow; each index here is paid for by every delivery. */
export function telling({ sql, table, text, int, json, serial, unique, index }: Kit) {
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
      changed: json<string[]>(),
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
      triedBefore: int().notNull().default(0),
      nextAttemptAt: int(),
      lane: text(),
      createdAt: int().notNull(),
      updatedAt: int().notNull(),
      /** Moved on by each outcome, and when a lease is taken away: who holds an older one can no longer write. */
      fence: int().notNull().default(0),
      /** The number of the try that a person asked for. */
      manualTry: int(),
      /** Of one that keeps an order: it goes no sooner, though its turn comes; null = whenever it comes. */
      notBefore: int(),
      /** How the first try went: most deliveries need no other, and so no row of `attempts`. The last column, so that lists skip a long answer. */
      firstTry: json<FirstTry>(),
    },
    (t) => [
      unique("deliveries_id").on(t.id),
      // A delivery that has a next attempt is a job of the queue "deliver". With the fence in it, claiming reads nothing else.
      index("deliveries_due")
        .on(t.subscriptionId, t.nextAttemptAt, t.n, t.fence)
        .where(sql`${t.nextAttemptAt} IS NOT NULL`),
      // An event is on its way to a subscription once, whoever plans it.
      unique("deliveries_event").on(t.eventId, t.subscriptionId),
      index("deliveries_time").on(t.createdAt, t.n),
      index("deliveries_subscription").on(t.subscriptionId, t.createdAt, t.n),
      index("deliveries_type").on(t.eventType, t.createdAt, t.n),
      index("deliveries_owner").on(t.owner, t.createdAt, t.n),
      // Most deliveries are delivered, so these are found without an index; all others are few.
      index("deliveries_open").on(t.status, t.createdAt, t.n).where(sql`${t.status} <> 'delivered'`),
      // What a replay looks through; what is delivered at the first try never enters it.
      index("deliveries_ended")
        .on(t.subscriptionId, t.createdAt, t.n)
        .where(sql`${t.status} NOT IN ('pending', 'delivered')`),
      // Only deliveries that keep an order are in it; those that wait for their turn, which are due at no time, come first. One
      // that was cancelled is in it while it has its turn.
      index("deliveries_lane")
        .on(t.subscriptionId, t.lane, t.nextAttemptAt, t.n)
        .where(sql`${t.lane} IS NOT NULL AND (${t.status} = 'pending' OR ${t.nextAttemptAt} IS NOT NULL)`),
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
      queue: text<NewJob["queue"]>().notNull(),
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
