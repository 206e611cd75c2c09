import type { Delivery } from "../model/delivery.ts";
import type { Dialect, Step } from "./dialect.ts";
import { and, sql } from "./drizzle.ts";
import type { JobNotices } from "./queries/jobs.ts";
import { stepFor } from "./steps.ts";

type Placed = Pick<Delivery, "id" | "subscriptionId">;

/**
 * A step that lets the oldest pending delivery of a delivery's lane go, due at `dueAt` or when it says itself, if it is nobody's
 * turn there. It follows whatever adds that delivery to its lane or ends it, in the same act, and changes nothing for one that
 * keeps no order. The delivery whose turn it is has a next attempt; those behind it have none. One that is cancelled keeps its
 * turn until its worker ends it: only the worker knows whether a try is under way.
 */
export type TakeTurn = (delivery: Placed, dueAt: number) => Step;

/** Makes that step, and tells of the delivery that it lets go. */
export function turnTaking({ db, tables: { deliveries } }: Dialect, notices: JobNotices): TakeTurn {
  const itsLane = sql`(SELECT ${deliveries.lane} FROM ${deliveries} WHERE ${deliveries.id} = ${sql.placeholder("id")})`;
  const ofLane = sql`${deliveries.subscriptionId} = ${sql.placeholder("subscriptionId")} AND ${deliveries.lane} = ${itsLane}`;
  // After a clock was put back it waits no longer than it would have.
  const { notBefore, updatedAt } = deliveries;
  const due = sql`max(${sql.placeholder("dueAt")}, coalesce(min(${notBefore}, ${notBefore} - ${updatedAt} + ${sql.placeholder("dueAt")}), 0))`;
  const onTurn = sql`${ofLane} AND ${deliveries.nextAttemptAt} >= 0`;
  const next = sql`SELECT ${deliveries.n} FROM ${deliveries}
    WHERE ${ofLane} AND ${deliveries.status} = 'pending' AND ${deliveries.nextAttemptAt} IS NULL
    ORDER BY ${deliveries.n} LIMIT 1`;
  const letNextGo = stepFor<Placed & { dueAt: number }>(
    db
      .update(deliveries)
      .set({ nextAttemptAt: due })
      .where(and(sql`${deliveries.n} = (${next})`, sql`NOT EXISTS (SELECT 1 FROM ${deliveries} WHERE ${onTurn})`)),
  );
  return ({ id, subscriptionId }, dueAt) =>
    letNextGo({ id, subscriptionId, dueAt }, () => notices.due({ queue: "deliver", group: subscriptionId, dueAt }));
}
