import type { Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/acts.ts";

/**
 * The change by which a subscription goes on at `now` (ms since the epoch). One that is active already went on before: whoever
 * lost that answer has the same again.
 */
export function resumption({ status, resumedAt, resumedBefore }: Subscription, now: number): SubscriptionPatch {
  const since = status === "active" ? { resumedAt, resumedBefore } : { resumedAt: now, resumedBefore: resumedAt };
  return { status: "active", reason: null, ...since };
}
