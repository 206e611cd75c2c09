import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clampLimit, decodeCursor, encodeCursor, pageOf, toPage } from "../../src/kernel/page.ts";

describe("pages", () => {
  it("gives back the position within a cursor", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer()), (position) => {
        expect(decodeCursor(encodeCursor(position))).toBe(position);
      }),
    );
  });

  it.each(["", "!!!", "e30", "bnVsbA", "%00"])("refuses %j as a cursor", (cursor) => {
    expect(() => decodeCursor(cursor)).toThrowError(expect.objectContaining({ code: "invalid_cursor" }));
  });

  it("clamps limits to 1–200 and defaults to 20", () => {
    expect([undefined, 0, -5, 1, 200.9, 1e9].map(clampLimit)).toEqual([20, 1, 1, 1, 200, 200]);
  });

  it("tells by the extra row whether there is more", () => {
    const rows = [1, 2, 3];
    expect(toPage(rows, 3, Number, String)).toEqual({ items: ["1", "2", "3"], nextCursor: null });
    const page = toPage(rows, 2, Number, String);
    expect(page.items).toEqual(["1", "2"]);
    expect(decodeCursor(page.nextCursor ?? "")).toBe(2);
  });
});

describe("pageOf", () => {
  it("gives each member of a list in memory once, whatever the limit", () => {
    const property = fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 10 }), (all, limit) => {
      const seen: number[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = pageOf(all, cursor === undefined ? { limit } : { limit, cursor });
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(all);
    });
    fc.assert(property);
  });

  it("refuses the cursor of another listing", () => {
    for (const position of ["con_1", -1, 0.5]) {
      const attempt = () => pageOf([1, 2, 3], { limit: 1, cursor: encodeCursor(position) });
      expect(attempt).toThrow(expect.objectContaining({ code: "invalid_cursor" }));
    }
  });
});
