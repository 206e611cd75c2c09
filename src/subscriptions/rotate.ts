import { rotate, secretKey, validSecrets } from "../delivery/secrets.ts";
import type { Vault } from "../kernel/vault.ts";
import type { Subscription } from "../model/subscription.ts";

/** How long the old secret stays valid unless said, in ms. */
export const DEFAULT_OVERLAP_MS = 24 * 3_600_000;
export const LONGEST_OVERLAP_MS = 7 * 24 * 3_600_000;

/**
 * The change that lets a secret sign from now on; the present ones stay valid for `overlapMs`. Nothing changes when it is the
 * current one already. Throws `invalid_input` for a malformed secret.
 */
export function putSecret(
  vault: Vault,
  { id, secrets }: Pick<Subscription, "id" | "secrets">,
  secret: string,
  now: number,
  overlapMs: number = DEFAULT_OVERLAP_MS,
): Partial<Pick<Subscription, "secrets">> {
  secretKey(secret);
  const [current] = validSecrets(secrets, now);
  if (current && vault.open(current.sealed, id) === secret) return {};
  return { secrets: rotate(secrets, vault.seal(secret, id), now, overlapMs) };
}
