import fc from "fast-check";
import { expect, test } from "vitest";
import { Seen } from "../../src/triggers/seen.ts";

test("is a set of numbers, at any size of number", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(200_000)), fc.array(fc.nat(200_000)), (added, asked) => {
      const seen = new Seen();
      for (const n of added) seen.add(n);
      const truth = new Set(added);
      expect(seen.size).toBe(truth.size);
      for (const n of [...added, ...asked, 31, 32, 32_767, 32_768]) expect(seen.has(n)).toBe(truth.has(n));
    }),
  );
});
