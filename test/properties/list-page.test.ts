import fc from "fast-check";
import { expect, test } from "vitest";
import { cutPage, placeOf } from "../../src/actions/list-page.ts";
import { TidewireError } from "../../src/kernel/errors.ts";
import type { Page } from "../../src/kernel/page.ts";

/** An API's list in pages of its own sizes; its tokens are the numbers of the pages, with marks that a cursor might trip over. */
const listing = fc.array(fc.array(fc.nat(), { maxLength: 9 }), { minLength: 1, maxLength: 6 }).map((sizes) => {
  let next = 0;
  return sizes.map((page) => page.map(() => next++));
});

function pageOfApi(pages: number[][], token: string | null): Page<number> {
  const n = token === null ? 0 : Number(token.split(":")[1]);
  return { items: pages[n] ?? [], nextCursor: n + 1 < pages.length ? `\n:${n + 1}:x` : null };
}

test("whatever the API gives at once, pages hold at most the limit, and all of them together everything once", () => {
  fc.assert(
    fc.property(listing, fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }), (pages, limits) => {
      const seen: number[] = [];
      let cursor: string | undefined;
      for (let turn = 0; ; turn++) {
        const limit = limits[turn % limits.length] as number;
        const place = placeOf(cursor);
        const { items, nextCursor } = cutPage(pageOfApi(pages, place.cursor), place, limit);
        expect(items.length).toBeLessThanOrEqual(limit);
        seen.push(...items);
        if (nextCursor === null) break;
        cursor = nextCursor;
      }
      expect(seen).toEqual(pages.flat());
    }),
  );
});

test("any text is a place or no cursor of ours, never anything else", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String(), fc.json().map(btoaOf)), (text) => {
      try {
        expect(placeOf(text).skip).toBeGreaterThanOrEqual(0);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(TidewireError);
        expect((thrown as TidewireError).code).toBe("invalid_cursor");
      }
    }),
  );
});

function btoaOf(text: string): string {
  return Buffer.from(text).toString("base64url");
}
