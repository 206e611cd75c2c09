import { planDelivery } from "../../events/fan-out.ts";
import type { NewId } from "../../kernel/ids.ts";
import type { Delivery } from "../../model/delivery.ts";
import type { StoredEvent } from "../../model/event.ts";
import type { Subscription } from "../../model/subscription.ts";
import type { Resend } from "../../store/acts.ts";

/** An event that a subscription may be sent, and its delivery to it if there is one. */
export interface Candidate {
  event: StoredEvent;
  delivery: Delivery | null;
}

interface Plan {
  /** When it is to go out, ms since the epoch. */
  dueAt: number;
  now: number;
  newId: NewId;
}

/** Sends an event under the delivery that it has, whose schedule begins anew, or under a new one. Its id stays the webhook-id. */
export function planResend({ event, delivery }: Candidate, subscription: Subscription, plan: Plan): Resend {
  const { dueAt, now, newId } = plan;
  const base = delivery ?? planDelivery(event, subscription, { now, newId, firstDelayMs: 0 });
  const sent: Delivery = {
    ...base,
    status: "pending",
    reason: null,
    triedBefore: base.attempts,
    nextAttemptAt: dueAt,
    updatedAt: now,
  };
  return { delivery: sent, was: delivery?.status ?? null };
}
