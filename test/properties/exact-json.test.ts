import fc from "fast-check";
import { expect, test } from "vitest";
import { parseExactly } from "../../src/kernel/exact-json.ts";
import type { Json } from "../../src/kernel/json.ts";

/** A value, with the marks `#<digits>` in place of its long integers, and every other text without a `#`. */
const value = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 90n }).chain((n) => fc.constantFrom(`#${n}`, `#-${n}`)),
    fc.stringMatching(/^[a-z0-9 :,.-]{0,40}$/),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.constantFrom(true, false, null),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(fc.stringMatching(/^[a-z0-9]{0,20}$/), tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

test("long integers keep their digits, and all else is what it was, however the text is laid out", () => {
  fc.assert(
    fc.property(value, fc.constantFrom(0, 1, 3), (marked, indent) => {
      const shown = JSON.stringify(marked, null, indent);
      const sent = shown.replaceAll(/"#(-?\d+)"/g, "$1");
      expect(parseExactly(sent)).toEqual(JSON.parse(shown.replaceAll('"#', '"')));
    }),
    { numRuns: 500 },
  );
});
