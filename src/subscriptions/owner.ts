import type { Ports } from "../context.ts";
import { TidewireError } from "../kernel/errors.ts";
import { hasScope } from "../model/actor.ts";
import type { Subscription } from "../model/subscription.ts";
import { applyChange } from "./apply.ts";

/** What the owning key may see today. Throws `conflict` when it may have no subscriptions any more. The root key is not stored. */
export async function ownersConnections(
  { store }: Pick<Ports, "store">,
  { owner }: Pick<Subscription, "owner">,
): Promise<readonly string[] | null> {
  const key = await store.keys.get(owner);
  if (key === null) return null;
  if (key.revokedAt === null && hasScope(key, "subscriptions")) return key.connections;
  throw new TidewireError(
    "conflict",
    "The key that made this subscription was revoked or narrowed; make it anew with another.",
  );
}

/**
 * Throws `forbidden`, and disables the subscription, when its key was revoked or bound anew since it was bound to `connections`:
 * such a key took along what was active then, and this was not.
 */
export async function keyMustHold(
  ports: Pick<Ports, "store" | "clock">,
  { id, owner }: Pick<Subscription, "id" | "owner">,
  connections: readonly string[] | null,
): Promise<void> {
  const key = await ports.store.keys.get(owner);
  if (key === null) return;
  const isBoundAsBefore = String(key.connections) === String(connections);
  if (key.revokedAt === null && hasScope(key, "subscriptions") && isBoundAsBefore) return;
  await applyChange(ports, id, () => ({ status: "disabled", reason: "key_revoked" }));
  throw new TidewireError("forbidden", "The key was revoked or narrowed meanwhile.");
}
