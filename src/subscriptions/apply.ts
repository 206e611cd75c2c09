import type { Ports } from "../context.ts";
import { notFound } from "../kernel/errors.ts";
import { oneAtATime } from "../kernel/one-at-a-time.ts";
import { nextVersion, type Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/acts.ts";

/**
 * Stores a change as the subscription's next version, and gives it as it then is; an empty change is none. `plan` gets the
 * subscription as it is when its turn comes: of two changes at once none is lost. Throws `not_found` when it was deleted.
 */
export function applyChange(
  { store, clock }: Pick<Ports, "store" | "clock">,
  id: string,
  plan: (present: Subscription) => SubscriptionPatch | Promise<SubscriptionPatch>,
): Promise<Subscription> {
  return oneAtATime(store, id, null, async () => {
    const present = await store.subscriptions.get(id);
    if (!present) throw notFound("subscription", id);
    const patch = await plan(present);
    if (Object.keys(patch).length === 0) return present;
    const changed = { ...patch, updatedAt: nextVersion(present, clock.now()) };
    await store.subscriptions.update(id, changed);
    return patched(present, changed);
  });
}

/** The subscription as a change would make it. */
export function patched(old: Subscription, patch: SubscriptionPatch): Subscription {
  return { ...old, ...patch } as Subscription;
}
