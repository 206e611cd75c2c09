import fc from "fast-check";
import { expect, it } from "vitest";
import type { Removal } from "../../src/store/contract.ts";
import { withRemoval } from "../../src/store/removals.ts";

it("what was removed since any moment is known to its highest seq, by no more than must be kept", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 20 }), fc.nat(20), (seqs, since) => {
      const removals = seqs.reduce<readonly Removal[]>(withRemoval, []);
      const highest = Math.max(0, ...seqs.slice(since));
      expect(removals.find(({ count }) => count > since)?.seq ?? 0).toBe(highest);
      expect(removals.length).toBeLessThanOrEqual(new Set(seqs).size);
    }),
  );
});
