import { createCipheriv, createDecipheriv, createHash, createSecretKey, hkdfSync, type KeyObject } from "node:crypto";
import { TidewireError } from "./errors.ts";
import { keyedDigest } from "./keyed-digest.ts";
import { secureBytes } from "./random.ts";

/** Seals small texts for rest. What is sealed for one row (`context`) opens for no other. */
export interface Vault {
  seal(plaintext: string, context: string): string;
  /** Throws `vault_key_wrong` when no key of the ring opens it, or the context is another. */
  open(sealed: string, context: string): string;
  /** A digest of bytes under a key of the vault's, as `keyedDigest` makes it; others come of another key. */
  digest: (bytes: Uint8Array) => string;
}

const VERSION = "v1";
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM (NIST SP 800-38D) with a fresh 96-bit nonce each time; the form is `v1.<key id>.<base64url(nonce ‖ tag ‖ text)>`.
 * The first key seals, all of them open, so that a key can be replaced without a stop. Keys are 32 bytes, base64.
 */
export function createVault(keys: readonly string[]): Vault {
  const ring = keys.map(readKey);
  const current = ring[0];
  if (!current) throw new TidewireError("config_invalid", "TIDEWIRE_VAULT_KEY is empty; give 32 bytes in base64.");
  return {
    seal(plaintext, context) {
      const nonce = secureBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", current.key, nonce).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(plaintext, "utf8"), cipher.final()]);
      return [VERSION, current.id, Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url")].join(".");
    },
    open(sealed, context) {
      const [version, id, body] = sealed.split(".");
      const entry = ring.find((candidate) => candidate.id === id);
      if (version !== VERSION || !entry || !body) throw wrongKey();
      return decrypt(entry.key, Buffer.from(body, "base64url"), context);
    },
    digest: keyedDigest(new Uint8Array(hkdfSync("sha256", current.key, "", "digest", 32))),
  };
}

function decrypt(key: KeyObject, bytes: Buffer, context: string): string {
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, IV_BYTES))
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString("utf8");
  } catch (cause) {
    throw wrongKey(cause);
  }
}

/** As a KeyObject: of bytes Node makes one at each use, and that takes three times as long as opening a seal. */
function readKey(base64: string): { id: string; key: KeyObject } {
  const key = Buffer.from(base64, "base64");
  if (key.length !== 32) {
    throw new TidewireError(
      "config_invalid",
      `TIDEWIRE_VAULT_KEY must be 32 bytes in base64; this one has ${key.length}.`,
    );
  }
  return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key: createSecretKey(key) };
}

function wrongKey(cause?: unknown): TidewireError {
  return new TidewireError(
    "vault_key_wrong",
    "TIDEWIRE_VAULT_KEY is not the key this was sealed with; start with the key that the database was made with.",
    { cause },
  );
}

/** A new key for the ring: 32 random bytes, base64. */
export function newVaultKey(): string {
  return secureBytes(32).toString("base64");
}
