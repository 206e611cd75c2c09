import type { Delivery } from "../model/delivery.ts";
import type { Subscription } from "../model/subscription.ts";
import type { AttemptCommit } from "../store/acts.ts";

/** What a run of a delivery changes. */
export type Change = Omit<AttemptCommit, "lease" | "inOrder">;

/** A delivery whose subscription takes none: kept as skipped, and can be retried; of a deleted one as cancelled. */
export function turnedAway(delivery: Delivery, subscription: Subscription | null, now: number): Change {
  const kept = { id: delivery.id, attempts: delivery.attempts, nextAttemptAt: null, updatedAt: now };
  const outcome = subscription
    ? ({ status: "skipped", reason: subscription.reason ?? subscription.status } as const)
    : ({ status: "cancelled", reason: "subscription_deleted" } as const);
  return { attempt: null, delivery: { ...kept, ...outcome }, told: [] };
}

/** A delivery that is not tried before a time, for which its receiver may have asked; one that is cancelled stays so, and loses its turn. */
export function postponed(delivery: Delivery, until: number, now: number): Change {
  const { id, attempts } = delivery;
  const waiting = { id, attempts, status: "pending", reason: null, nextAttemptAt: until, updatedAt: now } as const;
  return { attempt: null, delivery: waiting, told: [] };
}
