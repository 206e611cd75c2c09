import { TidewireError } from "../../kernel/errors.ts";
import { isExpired, type Subscription } from "../../model/subscription.ts";

/** The subscription, if deliveries may go to it at `now`; a `conflict` when it was deleted, is over or is not active. */
export function takerOf(subscription: Subscription | null, now: number): Subscription | TidewireError {
  if (subscription?.status === "active" && !isExpired(subscription, now)) return subscription;
  return new TidewireError("conflict", refusal(subscription));
}

/** The subscription. Throws what `takerOf` finds. */
export function mustTake(subscription: Subscription | null, now: number): Subscription {
  const taker = takerOf(subscription, now);
  if (taker instanceof TidewireError) throw taker;
  return taker;
}

function refusal(subscription: Subscription | null): string {
  if (subscription === null) return "The subscription was deleted; nobody is left to take it.";
  const { id, status } = subscription;
  if (status === "active") return `The subscription "${id}" has ended; give it another expires_at first.`;
  return `The subscription "${id}" is ${status}; resume it first.`;
}
