import type { Delivery } from "../model/delivery.ts";
import type { Dialect, Step } from "./dialect.ts";
import { and, sql } from "./drizzle.ts";
import { stepFor } from "./steps.ts";

type Placed = Pick<Delivery, "id" | "subscriptionId">;

/**
 * Steps that let the oldest pending delivery of a delivery's lane go, due at `dueAt`, if it is nobody's turn there. They follow
 * whatever adds that delivery to its lane or ends it, in the same act, and change nothing for one that keeps no order. The
 * pending delivery whose turn it is has a time and a job; those behind it have neither.
 */
export type TakeTurn = (delivery: Placed, dueAt: number) => Step[];

/** `enqueued` is told of a job that was made, after the commit. */
export function laneSteps(
  { db, tables: { deliveries, jobs } }: Dialect,
  enqueued: (subscriptionId: string, dueAt: number) => void,
): TakeTurn {
  const itsLane = sql`(SELECT ${deliveries.lane} FROM ${deliveries} WHERE ${deliveries.id} = ${sql.placeholder("id")})`;
  const ofLane = sql`${deliveries.subscriptionId} = ${sql.placeholder("subscriptionId")}
    AND ${deliveries.lane} = ${itsLane} AND ${deliveries.status} = 'pending'`;
  const onTurn = sql`${ofLane} AND ${deliveries.nextAttemptAt} >= 0`;
  const next = sql`SELECT ${deliveries.n} FROM ${deliveries}
    WHERE ${ofLane} AND ${deliveries.nextAttemptAt} IS NULL ORDER BY ${deliveries.n} LIMIT 1`;
  const letNextGo = stepFor<Placed & { dueAt: number }>(
    db
      .update(deliveries)
      .set({ nextAttemptAt: sql`${sql.placeholder("dueAt")}` })
      .where(and(sql`${deliveries.n} = (${next})`, sql`NOT EXISTS (SELECT 1 FROM ${deliveries} WHERE ${onTurn})`)),
  );
  const makeItsJob = stepFor<Placed>(
    db
      .insert(jobs)
      .select(
        db
          .select({
            id: sql<number>`NULL`.as("id"),
            queue: sql<"deliver">`'deliver'`.as("queue"),
            groupKey: deliveries.subscriptionId,
            key: deliveries.id,
            dueAt: sql<number>`${deliveries.nextAttemptAt}`.as("due_at"),
            fence: sql<number>`0`.as("fence"),
            payload: sql<string>`json_quote(${deliveries.id})`.as("payload"),
          })
          .from(deliveries)
          .where(onTurn),
      )
      .onConflictDoNothing(),
  );
  return ({ id, subscriptionId }, dueAt) => [
    letNextGo({ id, subscriptionId, dueAt }),
    makeItsJob({ id, subscriptionId }, () => enqueued(subscriptionId, dueAt)),
  ];
}
