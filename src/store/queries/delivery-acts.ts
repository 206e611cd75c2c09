import { notFound } from "../../kernel/errors.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { DeliverySteps } from "../delivery-steps.ts";
import type { DeliveryStore, Ended } from "../delivery-store.ts";
import type { Dialect } from "../dialect.ts";
import { and, eq, sql } from "../drizzle.ts";
import type { RecentDeliveries } from "../recent-deliveries.ts";
import { step } from "../steps.ts";
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
  { db, tables: { deliveries }, atomically }: Dialect,
  { notices, steps, recent, ended }: ActParts,
  get: DeliveryStore["get"],
): Pick<DeliveryStore, "retry" | "resend" | "cancel"> {
  /** Tells that a delivery is due because of what a person asked for, unless it waits for its turn or is nobody's job. */
  const tellAsked = async ({ id, subscriptionId: group }: Pick<Delivery, "id" | "subscriptionId">) => {
    const { n, fence, nextAttemptAt } = deliveries;
    const [found] = await db
      .select({ jobId: n, fence, dueAt: nextAttemptAt })
      .from(deliveries)
      .where(eq(deliveries.id, id));
    if (found !== undefined && found.dueAt !== null) notices.due(askedFor({ ...found, group, dueAt: found.dueAt }));
  };

  return {
    async retry({ id, subscriptionId }, now) {
      const begins = sql`CASE WHEN ${deliveries.status} = 'pending' THEN ${deliveries.triedBefore} ELSE ${deliveries.attempts} END`;
      // One that keeps an order is due now only if it is its turn.
      const isFree = sql`${deliveries.lane} IS NULL OR ${deliveries.nextAttemptAt} IS NOT NULL`;
      const pending = {
        status: "pending",
        reason: null,
        triedBefore: begins,
        nextAttemptAt: sql`CASE WHEN ${isFree} THEN ${now} END`,
        notBefore: null,
        manualTry: sql`${deliveries.attempts} + 1`,
        updatedAt: now,
      } as const;
      const update = db.update(deliveries).set(pending).where(eq(deliveries.id, id));
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
      // A try of one that keeps an order may be under way: its turn is ended by its worker, which is to look now.
      const nextAttemptAt = sql`CASE WHEN ${deliveries.lane} IS NOT NULL THEN min(${deliveries.nextAttemptAt}, ${now}) END`;
      const cancelled = { ...cancelledBecause("cancelled"), nextAttemptAt, updatedAt: now };
      const stillPending = and(eq(deliveries.id, id), eq(deliveries.status, "pending"));
      const isCancelled = () => {
        recent.clear();
        ended("cancelled", 1);
      };
      await atomically({ steps: [step(db.update(deliveries).set(cancelled).where(stillPending), isCancelled)] });
      if (before.lane !== null) await tellAsked(before);
      return get(id);
    },
  };
}

/** What cancelling sets: a try under way keeps its fence, and is kept when it ends. */
export function cancelledBecause(reason: string) {
  return { status: "cancelled", reason, nextAttemptAt: null } as const;
}
