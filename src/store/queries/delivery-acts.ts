import { notFound } from "../../kernel/errors.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { DeliverySteps } from "../delivery-steps.ts";
import type { DeliveryStore, Ended } from "../delivery-store.ts";
import type { Dialect } from "../dialect.ts";
import { and, eq, sql } from "../drizzle.ts";
import type { RecentDeliveries } from "../recent-deliveries.ts";
import { step } from "../steps.ts";
import type { Tables } from "../tables.ts";
import { askedFor, type JobNotices } from "./jobs.ts";

/** What deliveries are changed with. */
export interface ActParts {
  notices: JobNotices;
  steps: Pick<DeliverySteps, "resend" | "takeTurn">;
  recent: Pick<RecentDeliveries, "clear">;
  ended: Ended;
}

/** What a person does with deliveries by hand. */
export function deliveryActs(
  dialect: Dialect,
  { notices, steps, recent, ended }: ActParts,
  get: DeliveryStore["get"],
): Pick<DeliveryStore, "retry" | "resend" | "cancel"> {
  const { db, tables, atomically } = dialect;
  const { deliveries } = tables;
  const tellAsked = askedTeller(dialect, notices);
  return {
    async retry({ id, subscriptionId }, now) {
      const update = db.update(deliveries).set(retriedAt(now, deliveries)).where(eq(deliveries.id, id));
      const its = { id, subscriptionId };
      await atomically({ guard: step(update, () => recent.clear()), steps: [steps.takeTurn(its, now)] });
      await tellAsked(its);
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
      const stillPending = and(eq(deliveries.id, id), eq(deliveries.status, "pending"));
      const isCancelled = () => {
        recent.clear();
        ended("cancelled", 1);
      };
      await atomically({
        steps: [step(db.update(deliveries).set(cancelledAt(now, deliveries)).where(stillPending), isCancelled)],
      });
      if (before.lane !== null) await tellAsked(before);
      return get(id);
    },
  };
}

/** Tells that a delivery is due because of what a person asked for, unless it waits for its turn or is nobody's job. */
function askedTeller({ db, tables: { deliveries } }: Dialect, notices: JobNotices) {
  const { n, fence, nextAttemptAt } = deliveries;
  return async ({ id, subscriptionId: group }: Pick<Delivery, "id" | "subscriptionId">) => {
    const [found] = await db
      .select({ jobId: n, fence, dueAt: nextAttemptAt })
      .from(deliveries)
      .where(eq(deliveries.id, id));
    if (found !== undefined && found.dueAt !== null) notices.due(askedFor({ ...found, group, dueAt: found.dueAt }));
  };
}

/** What a retry sets: one that had ended begins its schedule anew. */
function retriedAt(now: number, { status, triedBefore, attempts, lane, nextAttemptAt }: Tables["deliveries"]) {
  // One that keeps an order is due now only if it is its turn.
  const isFree = sql`${lane} IS NULL OR ${nextAttemptAt} IS NOT NULL`;
  return {
    status: "pending",
    reason: null,
    triedBefore: sql`CASE WHEN ${status} = 'pending' THEN ${triedBefore} ELSE ${attempts} END`,
    nextAttemptAt: sql`CASE WHEN ${isFree} THEN ${now} END`,
    notBefore: null,
    manualTry: sql`${attempts} + 1`,
    updatedAt: now,
  } as const;
}

/** What cancelling by hand sets. A try of one that keeps an order may be under way: its turn is ended by its worker, which is to look now. */
function cancelledAt(now: number, { lane, nextAttemptAt }: Tables["deliveries"]) {
  const lookAt = sql`CASE WHEN ${lane} IS NOT NULL THEN min(${nextAttemptAt}, ${now}) END`;
  return { ...cancelledBecause("cancelled"), nextAttemptAt: lookAt, updatedAt: now };
}

/** What cancelling sets: a try under way keeps its fence, and is kept when it ends. */
export function cancelledBecause(reason: string) {
  return { status: "cancelled", reason, nextAttemptAt: null } as const;
}
