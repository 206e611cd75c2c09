import type { SQL } from "drizzle-orm";
import type { PrunePlace } from "./acts.ts";
import type { LogEnds } from "./contract.ts";
import type { Dialect, Plan, Step } from "./dialect.ts";
import { and, asc, eq, inArray, lt, notExists, sql } from "./drizzle.ts";
import type { OldEvent } from "./prune-plan.ts";
import { PRUNED, REMOVALS, withRemoval } from "./removals.ts";
import { step, stepFor } from "./steps.ts";

/** One that is pending, or was cancelled and has its lane's turn still: the next of that waits for its end. */
function isOpen({ deliveries }: Dialect["tables"]): SQL {
  return sql`(${deliveries.status} = 'pending' OR ${deliveries.nextAttemptAt} IS NOT NULL)`;
}

/** The next old events after a place, pending or not: so a step looks at `limit` of them, however many are kept. */
export function oldEvents({ db, tables }: Dialect) {
  const { events, deliveries } = tables;
  const its = eq(deliveries.eventId, events.id);
  const count = db.select({ count: sql<number>`count(*)` }).from(deliveries).where(its);
  const pending = db
    .select({ n: deliveries.n })
    .from(deliveries)
    .where(and(its, isOpen(tables)));
  const read = db
    .select({
      id: events.id,
      seq: events.seq,
      timestamp: events.timestamp,
      deliveries: sql<number>`${count}`,
      pending: sql<number>`EXISTS ${pending}`,
    })
    .from(events)
    .where(
      and(
        lt(events.timestamp, sql.placeholder("before")),
        sql`${events.timestamp} >= ${sql.placeholder("timestamp")}`,
        sql`NOT (${events.timestamp} = ${sql.placeholder("timestamp")} AND ${events.seq} <= ${sql.placeholder("seq")})`,
      ),
    )
    .orderBy(asc(events.timestamp), asc(events.seq))
    .limit(sql.placeholder("limit"))
    .prepare();
  return async (before: number, limit: number, { timestamp, seq }: PrunePlace): Promise<OldEvent[]> =>
    read.execute({ before, limit, timestamp, seq });
}

/** The writes that delete an event with what hangs on it, unless a delivery was made pending since it was looked at. */
export function removals({ db, tables }: Dialect) {
  const { events, deliveries, attempts, settings } = tables;
  const pending = db
    .select({ n: deliveries.n })
    .from(deliveries)
    .where(and(eq(deliveries.eventId, events.id), isOpen(tables)));
  const of = eq(deliveries.eventId, sql.placeholder("id"));
  const its = db.select({ id: deliveries.id }).from(deliveries).where(of);
  const some = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(and(of, sql`NOT ${isOpen(tables)}`))
    .orderBy(asc(deliveries.n))
    .limit(sql.placeholder("limit"));
  const deleteEvent = stepFor<OldEvent>(
    db.delete(events).where(and(eq(events.id, sql.placeholder("id")), notExists(pending))),
  );
  const deleteAttempts = stepFor<OldEvent>(db.delete(attempts).where(inArray(attempts.deliveryId, its)));
  const deleteDeliveries = stepFor<OldEvent>(db.delete(deliveries).where(of));
  const deleteSomeAttempts = stepFor<OldEvent & { limit: number }>(
    db.delete(attempts).where(inArray(attempts.deliveryId, some)),
  );
  const deleteSome = stepFor<OldEvent & { limit: number }>(db.delete(deliveries).where(inArray(deliveries.id, some)));
  const noted = (name: string, value: string) =>
    step(db.insert(settings).values({ name, value }).onConflictDoUpdate({ target: settings.name, set: { value } }));
  return {
    whole: (event: OldEvent): Plan => ({
      guard: deleteEvent(event),
      steps: [deleteAttempts(event), deleteDeliveries(event)],
    }),
    /** Up to `limit` deliveries that are not pending, with their attempts; the event stays. */
    part: (event: OldEvent, limit: number): Step[] => [
      deleteSomeAttempts({ ...event, limit }),
      deleteSome({ ...event, limit }),
    ],
    /** Whoever reads the log forward must know what is gone; `gone` is what was before. */
    mark: (seq: number, gone: Pick<LogEnds, "pruned" | "removals">): Step[] => [
      noted(PRUNED, String(Math.max(seq, gone.pruned))),
      noted(REMOVALS, JSON.stringify(withRemoval(gone.removals, seq))),
    ],
  };
}
