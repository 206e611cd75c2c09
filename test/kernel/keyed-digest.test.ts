import { createCipheriv } from "node:crypto";
import { expect, test } from "vitest";
import { keyedDigest } from "../../src/kernel/keyed-digest.ts";
import { createVault, newVaultKey } from "../../src/kernel/vault.ts";

const KEY = Buffer.alloc(32, 7);
const digest = keyedDigest(KEY);
const LENGTHS = [0, 1, 15, 16, 17, 4_096, 230_001];

test("equal bytes have the same digest, wherever in memory they are", () => {
  for (const length of LENGTHS) {
    const bytes = Buffer.alloc(length, "abc");
    const elsewhere = new Uint8Array(length + 8).subarray(3, 3 + length);
    elsewhere.set(bytes);
    expect(digest(elsewhere)).toBe(digest(bytes));
  }
});

test("other bytes have another: one bit, one byte more at the end, two pieces in another order", () => {
  const texts = new Map<string, string>();
  const add = (bytes: Buffer) => texts.set(bytes.toString("latin1"), digest(bytes));
  for (const length of LENGTHS) {
    const bytes = Buffer.alloc(length, "abc");
    add(bytes);
    for (const at of length < 32 ? [] : [0, 15, 16, length >> 1, length - 1]) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      add(flipped);
      add(Buffer.concat([bytes.subarray(at), Buffer.from("!"), bytes.subarray(0, at)]));
    }
    add(Buffer.concat([bytes, Buffer.alloc(1)]));
    add(Buffer.concat([bytes, Buffer.alloc(16)]));
  }
  expect(texts.size).toBeGreaterThan(35);
  expect(new Set(texts.values()).size).toBe(texts.size);
});

test("it is the tag of AES-256-GCM, and another key gives another", () => {
  const bytes = Buffer.alloc(100_000, "x");
  const cipher = createCipheriv("aes-256-gcm", KEY, Buffer.alloc(12)).setAAD(bytes);
  cipher.final();
  expect(digest(bytes)).toBe(cipher.getAuthTag().toString("base64url"));
  expect(keyedDigest(Buffer.alloc(32, 8))(bytes)).not.toBe(digest(bytes));
});

test("a vault's is the same after a restart, and as long as its first key is", () => {
  const [key, other] = [newVaultKey(), newVaultKey()];
  const bytes = Buffer.alloc(100_000, "x");
  expect(createVault([key]).digest(bytes)).toBe(createVault([key, other]).digest(bytes));
  expect(createVault([key]).digest(bytes)).not.toBe(createVault([other, key]).digest(bytes));
  expect(createVault([key]).digest(bytes)).not.toBe(keyedDigest(Buffer.from(key, "base64"))(bytes));
});
