import { ending, rotate, secretKey, validSecrets } from "../delivery/secrets.ts";
import type { Vault } from "../kernel/vault.ts";
import type { Subscription } from "../model/subscription.ts";

/** How long the old secret stays valid unless said, in ms. */
export const DEFAULT_OVERLAP_MS = 24 * 3_600_000;
export const LONGEST_OVERLAP_MS = 7 * 24 * 3_600_000;

/**
 * The change that lets a secret sign from now on; the others stay valid for `overlapMs`. When it is the current one already,
 * only that counts of it; nothing changes if it is null. Throws `invalid_input` for a malformed secret.
 */
export function putSecret(
  vault: Vault,
  { id, secrets }: Pick<Subscription, "id" | "secrets">,
  secret: string,
  now: number,
  overlapMs: number | null,
): Partial<Pick<Subscription, "secrets">> {
  secretKey(secret);
  const [current, ...others] = validSecrets(secrets, now);
  if (current === undefined || vault.open(current.sealed, id) !== secret) {
    return { secrets: rotate(secrets, vault.seal(secret, id), now, overlapMs ?? DEFAULT_OVERLAP_MS) };
  }
  return overlapMs === null ? {} : { secrets: [current, ...ending(others, now, overlapMs)] };
}
