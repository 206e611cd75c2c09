import { expect, test } from "vitest";
import { freeBytes } from "../../src/kernel/free-bytes.ts";

test("large bytes are empty afterwards, and so is what shares their memory", () => {
  const bytes = Buffer.alloc(100_000, 1);
  const half = bytes.subarray(50_000);
  freeBytes(bytes);
  expect([bytes.length, half.length]).toEqual([0, 0]);
  freeBytes(bytes);
});

test("bytes from the pool that Node shares out are left alone", () => {
  const small = Buffer.from("a small one");
  const other = Buffer.from("another");
  freeBytes(small);
  expect([small.toString(), other.toString()]).toEqual(["a small one", "another"]);
});
