import type { Delivery } from "../model/delivery.ts";
import { LONGEST_TIMEOUT_MS } from "../model/subscription.ts";
import type { Dialect, Step } from "./dialect.ts";
import { and, sql } from "./drizzle.ts";
import type { JobNotices } from "./queries/jobs.ts";
import { stepFor } from "./steps.ts";

type Placed = Pick<Delivery, "id" | "subscriptionId">;

/**
 * A step that lets the oldest pending delivery of a delivery's lane go, due at `dueAt` or when it says itself, if it is nobody's
 * turn there. It follows whatever adds that delivery to its lane or ends it, in the same act, and changes nothing for one that
 * keeps no order. The pending delivery whose turn it is has a next attempt; those behind it have none.
 */
export type TakeTurn = (delivery: Placed, dueAt: number) => Step;

/**
 * A step that lets the next go at `dueAt` that waited for the end of a try which was under way when its delivery was cancelled;
 * it changes nothing for one that was not. It follows the outcome of each try, in the same act.
 */
type EndTurn = TakeTurn;

interface LaneSteps {
  takeTurn: TakeTurn;
  endTurn: EndTurn;
  /** Takes the turn from the next that waits so: it comes before what sends the cancelled one again, whose try under way counts then. */
  takeBack: TakeTurn;
}

/**
 * When the turn that a delivery has is the next one's, if it is cancelled at `now`. A try of one that is due may be under way:
 * its outcome ends the turn then, and the longest that a try takes does if the process dies before. One that was never tried
 * and is not due yet may itself wait for the end of such a try.
 */
export function turnAfterCancel(
  { nextAttemptAt, attempts, triedBefore }: Pick<Delivery, "nextAttemptAt" | "attempts" | "triedBefore">,
  now: number,
): number {
  const waitsForRetry = nextAttemptAt !== null && nextAttemptAt > now && attempts > triedBefore;
  return waitsForRetry ? now : now + LONGEST_TIMEOUT_MS;
}

export function laneSteps({ db, tables: { deliveries } }: Dialect, notices: JobNotices): LaneSteps {
  const itsLane = sql`(SELECT ${deliveries.lane} FROM ${deliveries} WHERE ${deliveries.id} = ${sql.placeholder("id")})`;
  const ofLane = sql`${deliveries.subscriptionId} = ${sql.placeholder("subscriptionId")}
    AND ${deliveries.lane} = ${itsLane} AND ${deliveries.status} = 'pending'`;
  // After a clock was put back it waits no longer than it would have.
  const { notBefore, updatedAt } = deliveries;
  const due = sql`max(${sql.placeholder("dueAt")}, coalesce(min(${notBefore}, ${notBefore} - ${updatedAt} + ${sql.placeholder("dueAt")}), 0))`;
  const onTurn = sql`${ofLane} AND ${deliveries.nextAttemptAt} >= 0`;
  const next = sql`SELECT ${deliveries.n} FROM ${deliveries}
    WHERE ${ofLane} AND ${deliveries.nextAttemptAt} IS NULL ORDER BY ${deliveries.n} LIMIT 1`;
  const letNextGo = stepFor<Placed & { dueAt: number }>(
    db
      .update(deliveries)
      .set({ nextAttemptAt: due })
      .where(and(sql`${deliveries.n} = (${next})`, sql`NOT EXISTS (SELECT 1 FROM ${deliveries} WHERE ${onTurn})`)),
  );
  const cancelledAt = sql`(SELECT ${deliveries.updatedAt} FROM ${deliveries}
    WHERE ${deliveries.id} = ${sql.placeholder("id")} AND ${deliveries.status} = 'cancelled')`;
  const waitsForEnd = sql`SELECT ${deliveries.n} FROM ${deliveries}
    WHERE ${ofLane} AND ${deliveries.nextAttemptAt} = ${cancelledAt} + ${sql.raw(String(LONGEST_TIMEOUT_MS))}`;
  const letWaitingGo = stepFor<Placed & { dueAt: number }>(
    db.update(deliveries).set({ nextAttemptAt: due }).where(sql`${deliveries.n} = (${waitsForEnd})`),
  );
  const letWaitingStand = stepFor<Placed & { dueAt: number }>(
    db
      .update(deliveries)
      .set({ nextAttemptAt: null })
      .where(
        and(sql`${deliveries.n} = (${waitsForEnd})`, sql`${deliveries.nextAttemptAt} > ${sql.placeholder("dueAt")}`),
      ),
  );
  const stepOf =
    (letGo: typeof letNextGo): TakeTurn =>
    ({ id, subscriptionId }, dueAt) =>
      letGo({ id, subscriptionId, dueAt }, () => notices.due({ queue: "deliver", group: subscriptionId, dueAt }));
  return {
    takeTurn: stepOf(letNextGo),
    endTurn: stepOf(letWaitingGo),
    takeBack: ({ id, subscriptionId }, now) => letWaitingStand({ id, subscriptionId, dueAt: now }),
  };
}
