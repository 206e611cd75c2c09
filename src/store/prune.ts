import type { Store } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import { and, asc, eq, inArray, lt, notExists, sql } from "./drizzle.ts";
import { PRUNED } from "./queries/events.ts";
import { step, stepFor } from "./steps.ts";

/**
 * Deletes old events with their deliveries and attempts, the oldest first, and as many old lines of sweep history and finished runs. An event
 * with a pending delivery stays, also when that delivery was made since the event was looked at.
 */
export function pruner({ db, tables, atomically }: Dialect): Store["prune"] {
  const { events, deliveries, attempts, sweeps, runs, settings } = tables;
  const pending = db
    .select({ n: deliveries.n })
    .from(deliveries)
    .where(and(eq(deliveries.eventId, events.id), eq(deliveries.status, "pending")));
  const itsDeliveries = db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(eq(deliveries.eventId, sql.placeholder("id")));
  const deleteEvent = stepFor<{ id: string }>(
    db.delete(events).where(and(eq(events.id, sql.placeholder("id")), notExists(pending))),
  );
  const deleteAttempts = stepFor<{ id: string }>(
    db.delete(attempts).where(inArray(attempts.deliveryId, itsDeliveries)),
  );
  const deleteDeliveries = stepFor<{ id: string }>(
    db.delete(deliveries).where(eq(deliveries.eventId, sql.placeholder("id"))),
  );
  /** Whoever reads the log forward must know what is gone. */
  const markPruned = (seq: number) =>
    step(
      db
        .insert(settings)
        .values({ name: PRUNED, value: String(seq) })
        .onConflictDoUpdate({
          target: settings.name,
          set: { value: sql`max(CAST(${settings.value} AS INTEGER), ${seq})` },
        }),
    );

  return async (before, limit) => {
    const old = await db
      .select({ id: events.id, seq: events.seq })
      .from(events)
      .where(and(lt(events.timestamp, before), notExists(pending)))
      .orderBy(asc(events.timestamp))
      .limit(limit);
    const oldSweeps = db.select({ n: sweeps.n }).from(sweeps).where(lt(sweeps.startedAt, before)).limit(limit);
    const oldRuns = db.select({ n: runs.n }).from(runs).where(lt(runs.finishedAt, before)).limit(limit);
    const { applied } = await atomically({
      steps: [
        ...old.map((event) => ({ guard: deleteEvent(event), steps: [deleteAttempts(event), deleteDeliveries(event)] })),
        ...(old.length === 0 ? [] : [markPruned(Math.max(...old.map(({ seq }) => seq)))]),
        step(db.delete(sweeps).where(inArray(sweeps.n, oldSweeps))),
        step(db.delete(runs).where(inArray(runs.n, oldRuns))),
      ],
    });
    return applied - 1;
  };
}
