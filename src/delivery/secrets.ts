import { createSecretKey, type KeyObject } from "node:crypto";
import { invalidInput, TidewireError } from "../kernel/errors.ts";
import { secureBytes } from "../kernel/random.ts";
import type { SealedSecret } from "../model/subscription.ts";

const PREFIX = "whsec_";
const NEW_BYTES = 32;
const MIN_BYTES = 24;
const MAX_BYTES = 64;
/** Each valid secret adds a signature to every request, so their number has an end. */
const MAX_SECRETS = 10;

/** A new signing secret: `whsec_` and 32 random bytes in base64. */
export function newSecret(): string {
  return PREFIX + secureBytes(NEW_BYTES).toString("base64");
}

/** The key within a secret of the form `whsec_<base64 of 24–64 bytes>`. Throws `invalid_input` for any other. */
export function secretKey(secret: string): KeyObject {
  const base64 = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  const key = Buffer.from(base64, "base64");
  // Node decodes leniently and receivers do not: only what encodes back to itself is the same key to both.
  if (key.toString("base64") !== base64 || key.length < MIN_BYTES || key.length > MAX_BYTES) {
    throw invalidInput([
      { at: "secret", message: `write ${PREFIX} and ${MIN_BYTES} to ${MAX_BYTES} bytes in padded base64` },
    ]);
  }
  return createSecretKey(key);
}

/** The secrets that sign at `now`, newest first: a rotated one counts until its time, judged here and not by a job. */
export function validSecrets(secrets: readonly SealedSecret[], now: number): SealedSecret[] {
  return secrets.filter((secret) => secret.until === null || secret.until > now);
}

/** Those of the secrets that are valid for `overlapMs` more, each until then or until its own end if that is sooner. */
export function ending(secrets: readonly SealedSecret[], now: number, overlapMs: number): SealedSecret[] {
  const until = now + overlapMs;
  return validSecrets(
    secrets.map((secret) => ({ ...secret, until: Math.min(secret.until ?? until, until) })),
    now,
  );
}

/**
 * Puts a new secret in front; the present ones stay valid for `overlapMs` more, or for what is left to them if that is less.
 * Throws `conflict` when ten are valid already.
 */
export function rotate(
  secrets: readonly SealedSecret[],
  sealed: string,
  now: number,
  overlapMs: number,
): SealedSecret[] {
  const kept = ending(secrets, now, overlapMs);
  if (kept.length >= MAX_SECRETS) {
    throw new TidewireError(
      "conflict",
      `${MAX_SECRETS} secrets are valid already; wait for the oldest to end, or rotate with an overlap of 0s.`,
    );
  }
  return [{ sealed, until: null }, ...kept];
}
