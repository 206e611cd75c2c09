import { createCipheriv, createSecretKey } from "node:crypto";

const NONCE = Buffer.alloc(12);

/**
 * Tells apart what is read again and again; a digest has no meaning but that equal bytes have the same. It is GHASH under a secret
 * key of 32 bytes (the tag of AES-256-GCM without a text, NIST SP 800-38D), in a tenth of the time of SHA-256. Who does not
 * know the key finds no two texts that share one (the chance is a text's blocks of 16 bytes in 2^128). That holds as long as
 * digests stay in the house: with one nonce for all they prove nothing to others.
 */
export function keyedDigest(bytesOfKey: Uint8Array): (bytes: Uint8Array) => string {
  const key = createSecretKey(bytesOfKey); // of bytes Node makes one at each use, which takes longer than a short text
  return (bytes) => {
    const cipher = createCipheriv("aes-256-gcm", key, NONCE).setAAD(bytes);
    cipher.final();
    return cipher.getAuthTag().toString("base64url");
  };
}
