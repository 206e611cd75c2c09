import type { Random } from "../kernel/random.ts";
import type { Delivery } from "../model/delivery.ts";
import type { SubscriptionPatch } from "../store/acts.ts";
import type { AttemptOutcome } from "./attempt.ts";
import { nextDelay } from "./backoff.ts";
import { checkup, type Health, type HealthSignal } from "./health.ts";

/** What must be told to people after a try. */
export type Signal = HealthSignal | { kind: "exhausted" };

/** What one try changes: of its delivery, of its subscription, and what is told of it. */
export interface Settlement {
  delivery: Pick<Delivery, "id" | "status" | "reason" | "attempts" | "triedBefore" | "nextAttemptAt" | "updatedAt">;
  /** Null when the try says nothing of the endpoint as it is now. */
  health: Health | null;
  /** Null when the try changed nothing of the subscription. */
  subscription: SubscriptionPatch | null;
  signals: Signal[];
}

/**
 * Decides what follows from a try that ended at `now`; `health` is null when the endpoint was changed during the try.
 * `schedule` is in ms, one delay before each try. A try `byHand` of one that was tried before is none of the schedule's, and
 * has it wait for its next anew.
 */
export function settle(
  delivery: Delivery,
  health: Health | null,
  outcome: AttemptOutcome,
  plan: { schedule: readonly number[]; random: Random; now: number; byHand: boolean },
): Settlement {
  const { now } = plan;
  const ok = outcome.class === "ok";
  const after =
    health === null ? null : checkup(health, { ok, status: outcome.status, retryAfterMs: outcome.retryAfterMs }, now);
  const signal = after?.signal ?? null;
  const disabled = signal?.kind === "disabled" ? signal.reason : null;
  const tries = delivery.attempts + 1;
  // The same template makes nothing of the same event at any other time either.
  const isHopeless = outcome.class === "template";
  const isOver = ok || disabled || isHopeless;
  const isExtra = plan.byHand && delivery.attempts > delivery.triedBefore;
  const triedBefore = delivery.triedBefore + (isExtra ? 1 : 0);
  const wait = isOver ? null : nextDelay(plan.schedule, tries - triedBefore, plan.random, outcome.retryAfterMs);
  const exhausted = !ok && !disabled && wait === null;
  return {
    delivery: {
      id: delivery.id,
      status: ok ? "delivered" : wait === null ? "failed" : "pending",
      reason: ok ? null : (disabled ?? (isHopeless ? "template" : exhausted ? "exhausted" : null)),
      attempts: tries,
      triedBefore,
      nextAttemptAt: wait === null ? null : now + wait,
      updatedAt: now,
    },
    health: after?.health ?? null,
    subscription: after && after.health !== health ? patchOf(after.health, disabled, now) : null,
    signals: [...(signal ? [signal] : []), ...(exhausted ? [{ kind: "exhausted" } as const] : [])],
  };
}

function patchOf(after: Health, disabled: string | null, now: number): SubscriptionPatch {
  const { failingSince, consecutiveFailures, warned, holdUntil } = after;
  const patch: SubscriptionPatch = { failingSince, consecutiveFailures, warned, holdUntil };
  return disabled === null ? patch : { ...patch, status: "disabled", reason: disabled, updatedAt: now };
}
