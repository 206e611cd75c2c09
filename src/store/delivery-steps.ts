import type { Delivery } from "../model/delivery.ts";
import type { Subscription } from "../model/subscription.ts";
import type { AttemptCommit, Resend } from "./acts.ts";
import type { Ended } from "./delivery-store.ts";
import type { Dialect, Plan, Step } from "./dialect.ts";
import { and, eq, sql } from "./drizzle.ts";
import { askedFor, type JobNotices } from "./queries/jobs.ts";
import type { RowCache } from "./row-cache.ts";
import { retryAsked, settledTry, settlement, stillSo } from "./settlement.ts";
import { insertFor, stepFor } from "./steps.ts";
import { type TakeTurn, turnTaking } from "./turn-taking.ts";

/** The writes on deliveries that larger acts take along. */
export interface DeliverySteps {
  /** Changes nothing when the event is on its way to that subscription already; one that keeps an order is due in its turn. */
  insert: (made: Delivery, committed?: (n: number) => void) => Step[];
  /** A delivery sent again; nothing of it when the delivery changed since it was read. */
  resend: (resend: Resend) => Plan;
  /**
   * What came of a try; nothing of it when the lease's fence moved on. Of a delivery that was cancelled meanwhile the try is kept
   * all the same, for who looks what the receiver got, and it stays cancelled. `more` is what is written with it, and `told`
   * what is written too if the delivery ends as the act says.
   */
  outcome: (act: AttemptCommit, more: readonly Plan[], told: readonly Plan[]) => Plan;
  takeTurn: TakeTurn;
}

export function deliverySteps(
  dialect: Dialect,
  notices: JobNotices,
  subscriptions: Pick<RowCache<Subscription>, "get">,
  ended: Ended,
): DeliverySteps {
  const { db, tables } = dialect;
  const { deliveries } = tables;
  // A replay may have been first for a subscription that a wide fan-out had not come to.
  const insert = insertFor(db, deliveries, (query) =>
    query.onConflictDoNothing({ target: [deliveries.eventId, deliveries.subscriptionId] }),
  );
  const insertAttempt = insertFor(db, tables.attempts);
  const revive = revival(dialect);
  const settle = settlement(dialect);
  const againAsAsked = retryAsked(dialect);
  const endsSo = stillSo(dialect);
  const takeTurn = turnTaking(dialect, notices);
  /** `n` is the number of a delivery that was just made. */
  const isDue = ({ nextAttemptAt: dueAt }: Pick<Delivery, "nextAttemptAt">, group: string, n?: number) => {
    if (dueAt === null) return;
    const job = { queue: "deliver", group, dueAt } as const;
    notices.due(n === undefined ? job : { ...job, lease: { ...job, jobId: n, fence: 0, payload: n } });
  };
  const row = (made: Delivery, manualTry: number | null, committed?: (n: number) => void) => {
    const owner = subscriptions.get(made.subscriptionId)?.owner ?? "";
    const its = waiting(made);
    return insert({ ...its, owner, fence: 0, manualTry }, (n) => {
      committed?.(n);
      if (its.status !== "pending") ended(its.status, 1);
      isDue(its, its.subscriptionId, n);
    });
  };
  return {
    takeTurn,
    insert: (made, committed) => [row(made, null, committed), ...turnOf(made, takeTurn)],
    resend({ delivery, was }) {
      const its = waiting(delivery);
      const guard = was === null ? row(its, 1) : revive({ ...its, was }, () => isDue(its, its.subscriptionId));
      return { guard, steps: turnOf(delivery, takeTurn) };
    },
    outcome({ lease, delivery, attempt, inOrder }, more, told) {
      const { jobId, group, fence } = lease;
      const guard = settle(settledTry(lease, delivery, attempt), () => {
        notices.ended(lease);
        isDue(delivery, group);
      });
      const its = { id: delivery.id, subscriptionId: group };
      const asked = { jobId, next: delivery.attempts + 1, updatedAt: delivery.updatedAt };
      return {
        guard,
        steps: [
          ...(attempt === null || attempt.number === 1 ? [] : [insertAttempt(attempt)]),
          ...(attempt === null || delivery.status === "delivered"
            ? []
            : [
                againAsAsked(asked, () =>
                  notices.due(askedFor({ jobId, group, fence: fence + 1, dueAt: asked.updatedAt })),
                ),
              ]),
          ...(inOrder ? [takeTurn(its, delivery.updatedAt)] : []),
          ...more,
          ...(told.length === 0 ? [] : [{ guard: endsSo({ jobId, status: delivery.status }), steps: told }]),
        ],
      };
    },
  };
}

/** A pending delivery that keeps an order has no next attempt until it is its turn, and then none before it is due. */
function waiting(delivery: Delivery): Delivery & { notBefore?: number | null } {
  if (delivery.lane === null) return delivery;
  return { ...delivery, nextAttemptAt: null, notBefore: delivery.nextAttemptAt };
}

function turnOf(delivery: Delivery, takeTurn: TakeTurn): Step[] {
  if (delivery.status !== "pending" || delivery.lane === null) return [];
  return [takeTurn(delivery, delivery.updatedAt)];
}

function revival({ db, tables: { deliveries } }: Dialect) {
  return stepFor<ReturnType<typeof waiting> & { was: string }>(
    db
      .update(deliveries)
      .set({
        status: "pending",
        reason: null,
        triedBefore: sql`${sql.placeholder("triedBefore")}`,
        // One that was cancelled may have its turn still, and a try under way.
        nextAttemptAt: sql`coalesce(${sql.placeholder("nextAttemptAt")}, ${deliveries.nextAttemptAt})`,
        notBefore: sql`${sql.placeholder("notBefore")}`,
        manualTry: sql`${deliveries.attempts} + 1`,
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
}
