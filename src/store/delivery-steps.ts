import type { Delivery } from "../model/delivery.ts";
import type { Subscription } from "../model/subscription.ts";
import type { Resend } from "./contract.ts";
import type { Dialect, Plan, Step } from "./dialect.ts";
import { and, eq, sql } from "./drizzle.ts";
import type { JobSteps } from "./queries/jobs.ts";
import type { RowCache } from "./row-cache.ts";
import { insertFor, stepFor } from "./steps.ts";

/** The writes on deliveries that larger acts take along. */
export interface DeliverySteps {
  /** Changes nothing when the event is on its way to that subscription already; one that keeps an order gets its job in its turn. */
  insert: (made: Delivery) => Step[];
  /** A delivery sent again with its job; nothing of it when the delivery changed since it was read. */
  resend: (resend: Resend) => Plan;
}

export function deliverySteps(
  { db, tables: { deliveries } }: Dialect,
  jobs: JobSteps,
  cache: RowCache<Subscription>,
): DeliverySteps {
  // A replay may have been first for a subscription that a wide fan-out had not come to.
  const insertRow = insertFor(db, deliveries, (query) =>
    query.onConflictDoNothing({ target: [deliveries.eventId, deliveries.subscriptionId] }),
  );
  const revive = stepFor<Delivery & { was: string }>(
    db
      .update(deliveries)
      .set({
        status: "pending",
        reason: null,
        triedBefore: sql`${sql.placeholder("triedBefore")}`,
        nextAttemptAt: sql`${sql.placeholder("nextAttemptAt")}`,
        updatedAt: sql`${sql.placeholder("updatedAt")}`,
      })
      .where(
        and(
          eq(deliveries.id, sql.placeholder("id")),
          eq(deliveries.status, sql.placeholder("was")),
          eq(deliveries.attempts, sql.placeholder("attempts")),
        ),
      ),
  );
  const row = (made: Delivery) => {
    const owner = cache.get(made.subscriptionId)?.owner ?? "";
    return insertRow({ ...made, owner, nextAttemptAt: made.lane === null ? made.nextAttemptAt : null });
  };
  return {
    insert(made) {
      const waits = made.status === "pending" && made.lane !== null;
      return [row(made), ...(waits ? jobs.takeTurn(made, made.nextAttemptAt ?? made.updatedAt) : [])];
    },
    resend({ delivery, job, was }) {
      const isOrdered = delivery.lane !== null;
      const waiting = isOrdered ? { ...delivery, nextAttemptAt: null } : delivery;
      return {
        guard: was === null ? row(delivery) : revive({ ...waiting, was }),
        steps: isOrdered ? jobs.rejoin({ ...job, key: delivery.id }) : [jobs.enqueue(job)],
      };
    },
  };
}
