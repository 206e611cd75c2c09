import type { DeliveryStore, Missed } from "../delivery-store.ts";
import type { Dialect } from "../dialect.ts";
import { and, eq, gte, sql } from "../drizzle.ts";
import { ended } from "./delivery-filters.ts";

/** What a subscription missed: first which it is and where it begins, then how much of that there is. */
export function missedQuery({ db, tables: { deliveries } }: Dialect): DeliveryStore["missed"] {
  const { status, reason, createdAt, updatedAt } = deliveries;
  const firstOf = (which: Missed["statuses"][number]) =>
    sql<number | null>`min(${createdAt}) FILTER (WHERE ${status} = ${which})`;
  const isMissed = sql`(${status} = 'skipped' OR (${status} = 'failed' AND ${reason} IN ('gone', 'failing')))`;
  const isEnded = sql`${status} NOT IN ('pending', 'delivered')`; // the words of the partial index
  return async (subscriptionId, since) => {
    const [firsts] = await db
      .select({ skipped: firstOf("skipped"), failed: firstOf("failed") })
      .from(deliveries)
      .where(and(eq(deliveries.subscriptionId, subscriptionId), isMissed, isEnded, gte(updatedAt, since)));
    const found = (["skipped", "failed"] as const).flatMap((which) => {
      const first = firsts?.[which] ?? null;
      return first === null ? [] : [{ which, first }];
    });
    if (found.length === 0) return null;
    const statuses = found.map(({ which }) => which);
    const first = Math.min(...found.map((one) => one.first));
    const all = { subscriptionId, statuses, types: null, since: first, until: Number.MAX_SAFE_INTEGER };
    const [row] = await db.select({ count: sql<number>`count(*)` }).from(deliveries).where(ended(deliveries, all));
    return { statuses, first, count: row?.count ?? 0 };
  };
}
