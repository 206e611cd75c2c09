import { createCipheriv, hash } from "node:crypto";

/** Bytes. To set up a cipher takes as long as SHA-256 takes for so many. */
const LONG = 24 * 1024;
const NONCE = Buffer.alloc(12);

/**
 * Tells apart what is read again and again; a digest has no meaning but that equal bytes have the same. Of what is long it is
 * GHASH under a secret key of 32 bytes (the tag of AES-256-GCM without a text, NIST SP 800-38D), in a sixth of the time of
 * SHA-256. Who does not know the key finds no two texts that share one (the chance is a text's blocks of 16 bytes in 2^128).
 * That holds as long as digests stay in the house: with one nonce for all they prove nothing to others.
 */
export function keyedDigest(key: Buffer): (bytes: Uint8Array) => string {
  return (bytes) => {
    if (bytes.length < LONG) return hash("sha256", bytes, "base64url");
    const cipher = createCipheriv("aes-256-gcm", key, NONCE).setAAD(bytes);
    cipher.final();
    return cipher.getAuthTag().toString("base64url");
  };
}
