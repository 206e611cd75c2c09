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

test("takes ranges, and knows where a run of numbers ends", () => {
  const ranges = fc.array(fc.tuple(fc.nat(70_000), fc.nat(300)), { maxLength: 20 });
  fc.assert(
    fc.property(ranges, fc.nat(70_300), (added, from) => {
      const seen = new Seen();
      seen.addRanges(added);
      const truth = new Set(added.flatMap(([first, count]) => Array.from({ length: count }, (_, i) => first + i)));
      expect(seen.size).toBe(truth.size);
      for (const start of [from, ...added.map(([first]) => Math.max(0, first - 1))]) {
        let end = start;
        while (truth.has(end + 1)) end++;
        expect(seen.endOfRun(start)).toBe(end);
      }
    }),
  );
});
