import type { Ports } from "../context.ts";
import { nextVersion, type Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "../store/contract.ts";

/** Stores a change as the subscription's next version, and gives it as it then is; an empty change is none. */
export async function applyPatch(
  { store, clock }: Pick<Ports, "store" | "clock">,
  old: Subscription,
  patch: SubscriptionPatch,
): Promise<Subscription> {
  if (Object.keys(patch).length === 0) return old;
  const changed = { ...patch, updatedAt: nextVersion(old, clock.now()) };
  await store.subscriptions.update(old.id, changed);
  return patched(old, changed);
}

/** The subscription as a change would make it. */
export function patched(old: Subscription, patch: SubscriptionPatch): Subscription {
  return { ...old, ...patch } as Subscription;
}
