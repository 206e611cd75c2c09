import type { SQL } from "drizzle-orm";
import { type PageRequest, toPage } from "../../kernel/page.ts";
import { DELIVERY_STATUSES, type Delivery } from "../../model/delivery.ts";
import type { EventStore } from "../contract.ts";
import type { DeliveryFilter, DeliveryStore, DueDelivery, Ended } from "../delivery-store.ts";
import type { Dialect } from "../dialect.ts";
import { and, asc, desc, eq, getTableColumns, or, sql } from "../drizzle.ts";
import type { RecentDeliveries } from "../recent-deliveries.ts";
import type { Tables } from "../tables.ts";
import { amongIds, idsParam } from "./among.ts";
import { type ActParts, deliveryActs } from "./delivery-acts.ts";
import { ended, listed } from "./delivery-filters.ts";
import { deliveryTypes } from "./delivery-types.ts";
import { missedQuery } from "./missed.ts";
import { newestFirst, timePosition } from "./paging.ts";

type Row = Omit<Tables["deliveries"]["$inferSelect"], "firstTry" | "notBefore">;

function toDelivery({ n: _n, owner: _owner, fence: _fence, manualTry: _manual, ...delivery }: Row): Delivery {
  return delivery;
}

/** What deliveries are read and changed with. */
interface Parts extends ActParts {
  events: Pick<EventStore, "load">;
  recent: RecentDeliveries;
  /** Those that `ended` tells. */
  listeners: Ended[];
}

/** Deliveries, newest first. */
export function deliveryQueries(dialect: Dialect, parts: Parts): DeliveryStore {
  const { db, tables } = dialect;
  const { events, recent, listeners } = parts;
  const { deliveries, attempts } = tables;
  const { n: _, ...attemptColumns } = getTableColumns(attempts);
  const { firstTry: __, notBefore: ___, ...columns } = getTableColumns(deliveries);
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
  const range = (which: SQL | undefined, way: typeof asc, limit: number) => {
    const inOrder = [way(deliveries.createdAt), way(deliveries.n)];
    return db
      .select(columns)
      .from(deliveries)
      .where(which)
      .orderBy(...inOrder)
      .limit(limit + 1);
  };
  const typesOf = deliveryTypes(dialect);
  const rangesOf = async ({ types = [], ...filter }: DeliveryFilter & Partial<PageRequest>) =>
    types.length === 0
      ? [listed(deliveries, filter)]
      : (await typesOf(types)).map((type) => listed(deliveries, filter, type));

  return {
    get,
    async list(page) {
      const ranges = await Promise.all((await rangesOf(page)).map((which) => range(which, desc, page.limit)));
      const rows = ranges.length === 1 ? (ranges[0] ?? []) : ranges.flat().sort(newestFirst);
      return toPage(rows, page.limit, timePosition, toDelivery);
    },
    ended: async (page) =>
      toPage(await range(ended(deliveries, page), asc, page.limit), page.limit, timePosition, toDelivery),
    async count(of) {
      const ranges = await rangesOf(of);
      if (ranges.length === 0) return 0;
      const [row] = await db
        .select({ count: sql<number>`count(*)` })
        .from(deliveries)
        .where(or(...ranges));
      return row?.count ?? 0;
    },
    async behind(subscriptionId, most) {
      const its = and(
        eq(deliveries.subscriptionId, subscriptionId),
        sql`${deliveries.lane} >= ''`, // the words of the lanes' index
        sql`${deliveries.status} = 'pending'`,
        sql`${deliveries.nextAttemptAt} IS NULL`,
      );
      const some = await db.select({ n: deliveries.n }).from(deliveries).where(its).limit(most);
      return some.length;
    },
    missed: missedQuery(dialect),
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
    justMade: (number) => recent.take(number),
    async load(numbers) {
      const found = new Map<number, DueDelivery>();
      // Two look-ups take a third of the time of a join, whose rows drizzle takes apart column by column; and one look-up of
      // many takes a third of the time of many look-ups, each of which takes and gives back the database's locks.
      const rows = await byNumbers.execute(idsParam(numbers));
      const its = await events.load([...new Set(rows.map((row) => row.eventId))]);
      for (const row of rows) {
        const event = its.get(row.eventId);
        if (event) found.set(row.n, { delivery: toDelivery(row), event, manualTry: row.manualTry });
      }
      return found;
    },
    ...deliveryActs(dialect, parts, get),
    onEnded: (listener) => void listeners.push(listener),
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
