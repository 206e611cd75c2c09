import fc from "fast-check";
import { expect, it } from "vitest";
import { movePoint } from "../../src/kernel/decimal.ts";

/** A decimal as its digits and how many of them stand behind the point. */
const decimals = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.nat({ max: 20 }));
const places = fc.integer({ min: -30, max: 30 });

function written([digits, behind]: [bigint, number]): string {
  const text = (digits < 0n ? -digits : digits).toString().padStart(behind + 1, "0");
  const point = text.length - behind;
  return `${digits < 0n ? "-" : ""}${text.slice(0, point)}${behind === 0 ? "" : `.${text.slice(point)}`}`;
}

/** The number as a whole one of `10^-100`. */
function exact(text: string): bigint {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  const value = BigInt(whole + fraction.padEnd(100, "0"));
  return text.startsWith("-") ? -value : value;
}

it("keeps the value exactly, whatever the number and wherever the point goes", () => {
  fc.assert(
    fc.property(decimals, places, (decimal, by) => {
      const moved = movePoint(written(decimal), by);
      expect(moved).toMatch(/^-?(0|[1-9]\d*)(\.\d+)?$/);
      const factor = 10n ** BigInt(Math.abs(by));
      const given = exact(written(decimal));
      if (by >= 0) expect(exact(moved ?? "")).toBe(given * factor);
      else expect(exact(moved ?? "") * factor).toBe(given);
    }),
  );
});

it("comes back when the point is moved back", () => {
  fc.assert(
    fc.property(decimals, places, (decimal, by) => {
      const back = movePoint(movePoint(written(decimal), by), -by) ?? "";
      expect(exact(back)).toBe(exact(written(decimal)));
    }),
  );
});

it("reads any number that JSON can hold", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      expect(Number(movePoint(number, 0))).toBe(number + 0);
    }),
  );
});
