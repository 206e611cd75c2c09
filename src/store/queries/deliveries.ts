import type { Column, SQL } from "drizzle-orm";
import { notFound } from "../../kernel/errors.ts";
import { type PageRequest, toPage } from "../../kernel/page.ts";
import { DELIVERY_STATUSES, type Delivery } from "../../model/delivery.ts";
import type { DeliveryFilter, DeliveryStore, DueDelivery, EndedFilter, EventStore } from "../contract.ts";
import type { DeliverySteps } from "../delivery-steps.ts";
import type { Dialect } from "../dialect.ts";
import { and, asc, desc, eq, getTableColumns, gte, inArray, lt, or, sql } from "../drizzle.ts";
import type { RecentDeliveries } from "../recent-deliveries.ts";
import { step } from "../steps.ts";
import type { Tables } from "../tables.ts";
import { amongIds, idsParam } from "./among.ts";
import type { JobNotices } from "./jobs.ts";
import { timeCursor, timePosition } from "./paging.ts";

type Row = Omit<Tables["deliveries"]["$inferSelect"], "firstTry">;

function toDelivery({ n: _n, owner: _owner, fence: _fence, manualTry: _manual, ...delivery }: Row): Delivery {
  return delivery;
}

/** What deliveries are read and changed with. */
interface Parts {
  notices: JobNotices;
  steps: Pick<DeliverySteps, "resend" | "takeTurn">;
  events: Pick<EventStore, "load">;
  recent: RecentDeliveries;
}

/** Deliveries, newest first. */
export function deliveryQueries(
  { db, tables, atomically }: Dialect,
  { notices, steps, events, recent }: Parts,
): DeliveryStore {
  const { deliveries, attempts } = tables;
  const { n: _, ...attemptColumns } = getTableColumns(attempts);
  const { firstTry: __, ...columns } = getTableColumns(deliveries);
  const byId = db
    .select(columns)
    .from(deliveries)
    .where(eq(deliveries.id, sql.placeholder("id")))
    .prepare();
  const byNumbers = db.select(columns).from(deliveries).where(amongIds(deliveries.n)).prepare();
  const ofEvents = db
    .select(columns)
    .from(deliveries)
    .where(and(amongIds(deliveries.eventId), eq(deliveries.subscriptionId, sql.placeholder("subscriptionId"))))
    .prepare();
  const get = async (id: string, owner: string | null = null) => {
    const [row] = await byId.execute({ id });
    return row && (owner === null || row.owner === owner) ? toDelivery(row) : null;
  };

  return {
    get,
    async list(page) {
      const rows = await db
        .select(columns)
        .from(deliveries)
        .where(filter(deliveries, page))
        .orderBy(desc(deliveries.createdAt), desc(deliveries.n))
        .limit(page.limit + 1);
      return toPage(rows, page.limit, timePosition, toDelivery);
    },
    async count(of) {
      const [row] = await db.select({ count: sql<number>`count(*)` }).from(deliveries).where(filter(deliveries, of));
      return row?.count ?? 0;
    },
    async ended(page) {
      const rows = await db
        .select(columns)
        .from(deliveries)
        .where(endedFilter(deliveries, page))
        .orderBy(asc(deliveries.createdAt), asc(deliveries.n))
        .limit(page.limit + 1);
      return toPage(rows, page.limit, timePosition, toDelivery);
    },
    async missed(subscriptionId, since) {
      const [row] = await db
        .select({ count: sql<number>`count(*)`, first: sql<number | null>`min(${deliveries.createdAt})` })
        .from(deliveries)
        .where(
          and(
            eq(deliveries.subscriptionId, subscriptionId),
            eq(deliveries.status, "skipped"),
            sql`${deliveries.status} NOT IN ('pending', 'delivered')`, // the words of the partial index
            gte(deliveries.updatedAt, since),
          ),
        );
      return { count: row?.count ?? 0, first: row?.first ?? null };
    },
    async ofEvents(subscriptionId, eventIds) {
      const rows = await ofEvents.execute({ subscriptionId, ...idsParam(eventIds) });
      return new Map(rows.map((row) => [row.eventId, toDelivery(row)]));
    },
    async attempts(deliveryId) {
      const [row] = await db
        .select({ first: deliveries.firstTry })
        .from(deliveries)
        .where(eq(deliveries.id, deliveryId));
      const later = await db
        .select(attemptColumns)
        .from(attempts)
        .where(eq(attempts.deliveryId, deliveryId))
        .orderBy(asc(attempts.n));
      return row?.first ? [{ ...row.first, deliveryId, number: 1 }, ...later] : later;
    },
    async load(numbers) {
      const found = new Map<number, DueDelivery>();
      for (const n of numbers) {
        const due = recent.take(n);
        if (due) found.set(n, due);
      }
      const others = numbers.filter((n) => !found.has(n));
      if (others.length === 0) return found;
      // Two look-ups take a third of the time of a join, whose rows drizzle takes apart column by column; and one look-up of
      // many takes a third of the time of many look-ups, each of which takes and gives back the database's locks.
      const rows = await byNumbers.execute(idsParam(others));
      const its = await events.load([...new Set(rows.map((row) => row.eventId))]);
      for (const row of rows) {
        const event = its.get(row.eventId);
        if (event) found.set(row.n, { delivery: toDelivery(row), event, manualTry: row.manualTry });
      }
      return found;
    },
    async retry({ id, subscriptionId }, now) {
      const begins = sql`CASE WHEN ${deliveries.status} = 'pending' THEN ${deliveries.triedBefore} ELSE ${deliveries.attempts} END`;
      // One that keeps an order is due now only if it is its turn.
      const isFree = sql`${deliveries.lane} IS NULL OR (${deliveries.status} = 'pending' AND ${deliveries.nextAttemptAt} IS NOT NULL)`;
      const pending = {
        status: "pending",
        reason: null,
        triedBefore: begins,
        nextAttemptAt: sql`CASE WHEN ${isFree} THEN ${now} END`,
        manualTry: sql`${deliveries.attempts} + 1`,
        updatedAt: now,
      } as const;
      const update = db.update(deliveries).set(pending).where(eq(deliveries.id, id));
      const isDue = () => {
        recent.clear();
        notices.due({ queue: "deliver", group: subscriptionId, dueAt: now });
      };
      await atomically({ guard: step(update, isDue), steps: [steps.takeTurn({ id, subscriptionId }, now)] });
      const delivery = await get(id);
      if (!delivery) throw notFound("delivery", id);
      return delivery;
    },
    async resend(resends) {
      return (await atomically({ steps: resends.map(steps.resend) })).applied - 1;
    },
    async cancel(id, now) {
      const before = await get(id);
      if (!before) return null;
      const cancelled = { ...cancelledBecause({ deliveries }, "cancelled"), updatedAt: now };
      const stillPending = and(eq(deliveries.id, id), eq(deliveries.status, "pending"));
      await atomically({
        guard: step(db.update(deliveries).set(cancelled).where(stillPending), () => recent.clear()),
        steps: [steps.takeTurn(before, now)],
      });
      return get(id);
    },
    async counts() {
      const open = await db
        .select({ status: deliveries.status, count: sql<number>`count(*)` })
        .from(deliveries)
        .where(sql`${deliveries.status} <> 'delivered'`)
        .groupBy(deliveries.status);
      const [all] = await db.select({ count: sql<number>`count(*)` }).from(deliveries);
      const counts = Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, 0])) as Record<
        Row["status"],
        number
      >;
      for (const { status, count } of open) counts[status] = count;
      counts.delivered = (all?.count ?? 0) - open.reduce((sum, { count }) => sum + count, 0);
      return counts;
    },
  };
}

/** What cancelling sets: a try under way is kept when it ends, and changes nothing else. */
export function cancelledBecause({ deliveries }: Pick<Tables, "deliveries">, reason: string) {
  return { status: "cancelled", reason, nextAttemptAt: null, fence: sql`${deliveries.fence} + 1` } as const;
}

function endedFilter(deliveries: Tables["deliveries"], page: PageRequest & EndedFilter): SQL | undefined {
  const after = timeCursor(page);
  const { statuses, types, since, until } = page;
  return and(
    eq(deliveries.subscriptionId, page.subscriptionId),
    after === null ? undefined : sql`(${deliveries.createdAt}, ${deliveries.n}) > (${after.createdAt}, ${after.n})`,
    inArray(deliveries.status, [...statuses]),
    // Said in the words of the partial index, which is else not used.
    statuses.includes("delivered") ? undefined : sql`${deliveries.status} NOT IN ('pending', 'delivered')`,
    types === null ? undefined : or(...types.map((pattern) => matching(deliveries.eventType, pattern))),
    since === null ? undefined : gte(deliveries.createdAt, since),
    lt(deliveries.createdAt, until),
  );
}

/** `matchesPattern` as a condition. */
function matching(type: Column, pattern: string): SQL {
  if (pattern === "*") return sql`${type} NOT GLOB 'tidewire.*'`;
  return pattern.endsWith(".*") ? sql`${type} GLOB ${pattern}` : sql`${type} = ${pattern}`;
}

function filter(deliveries: Tables["deliveries"], page: DeliveryFilter & Partial<PageRequest>): SQL | undefined {
  const before = timeCursor(page);
  return and(
    before === null ? undefined : sql`(${deliveries.createdAt}, ${deliveries.n}) < (${before.createdAt}, ${before.n})`,
    page.status === undefined ? undefined : eq(deliveries.status, page.status),
    // Said in the words of the partial index, which is else not used.
    page.status === undefined || page.status === "delivered" ? undefined : sql`${deliveries.status} <> 'delivered'`,
    page.subscriptionId === undefined ? undefined : eq(deliveries.subscriptionId, page.subscriptionId),
    page.owner === null ? undefined : eq(deliveries.owner, page.owner),
    page.eventId === undefined ? undefined : eq(deliveries.eventId, page.eventId),
    page.type === undefined ? undefined : eq(deliveries.eventType, page.type),
    page.since === undefined ? undefined : gte(deliveries.createdAt, page.since),
    page.until === undefined ? undefined : lt(deliveries.createdAt, page.until),
  );
}
