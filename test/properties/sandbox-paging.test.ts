import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Collection } from "../../src/sandbox/collections.ts";
import type { ListingFaults } from "../../src/sandbox/faults.ts";
import { type Listing, listById, listByToken } from "../../src/sandbox/paging.ts";

interface Item {
  id: string;
  even: boolean;
}

const HEALTHY: ListingFaults = { empty: false, token: "right", pageSize: Number.POSITIVE_INFINITY };

function listing(query: string, keep: (item: Item) => boolean = () => true): Listing<Item> {
  return {
    query: new URLSearchParams(query),
    pageSize: Number.POSITIVE_INFINITY,
    keep,
    show: ({ id }) => id,
    faults: HEALTHY,
  };
}

function fill(times: number[]): Collection<Item> {
  const collection = new Collection<Item>();
  times.forEach((at, i) => collection.add({ id: `i${i}`, even: i % 2 === 0 }, at));
  return collection;
}

/** Newest first; among equals the one added later. */
function inOrder(times: number[]): string[] {
  return times
    .map((at, i) => ({ at, i }))
    .sort((a, b) => b.at - a.at || b.i - a.i)
    .map(({ i }) => `i${i}`);
}

const times = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 });
/** More than any right walk takes, so that a wrong one ends too. */
const MAX_PAGES = 100;
const limit = fc.integer({ min: 1, max: 7 });

interface IdPage {
  data: string[];
  has_more: boolean;
  first_id: string | null;
  last_id: string | null;
}

function idPage(collection: Collection<Item>, query: string, keep?: (item: Item) => boolean): IdPage {
  return listById(collection, listing(query, keep)) as unknown as IdPage;
}

describe("paging", () => {
  it("gives every item once, newest first, whatever the page size: by id", () => {
    fc.assert(
      fc.property(times, limit, (at, n) => {
        const collection = fill(at);
        const seen: string[] = [];
        for (let cursor = "", pages = 0; pages < MAX_PAGES; pages++) {
          const page = idPage(collection, `limit=${n}${cursor}`);
          seen.push(...page.data);
          if (!page.has_more) break;
          cursor = `&after_id=${page.last_id}`;
        }
        expect(seen).toEqual(inOrder(at));
      }),
    );
  });

  it("gives every item once from the other end", () => {
    fc.assert(
      fc.property(times, limit, (at, n) => {
        const collection = fill(at);
        const order = inOrder(at);
        const oldest = order.at(-1);
        if (oldest === undefined) return;
        const seen: string[] = [oldest];
        for (let first = oldest, pages = 0; pages < MAX_PAGES; pages++) {
          const page = idPage(collection, `limit=${n}&before_id=${first}`);
          seen.unshift(...page.data);
          if (!page.has_more) break;
          first = page.first_id ?? "";
        }
        expect(seen).toEqual(order);
      }),
    );
  });

  it("gives every item that stays once by token, while others come and go between pages", () => {
    const change = fc.record({ remove: fc.nat(60), addAt: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(times, limit, fc.infiniteStream(change), (at, n, changes) => {
        const collection = fill(at);
        const removed = new Set<string>();
        const seen: string[] = [];
        for (let token: string | null = "", i = 0; token !== null && i < MAX_PAGES; i++) {
          const page: { data: unknown[]; next_page: string | null } = listByToken(
            collection,
            listing(`limit=${n}${token}`),
          );
          seen.push(...page.data.map(String));
          token = page.next_page && `&page=${page.next_page}`;
          const { remove, addAt } = changes.next().value ?? { remove: 0, addAt: 0 };
          if (collection.delete(`i${remove}`)) removed.add(`i${remove}`);
          // Newer than all: it must not disturb the walk.
          collection.add({ id: `new${i}`, even: true }, 21 + addAt);
        }
        expect(new Set(seen).size).toBe(seen.length);
        expect(seen.filter((id) => !removed.has(id))).toEqual(inOrder(at).filter((id) => !removed.has(id)));
      }),
    );
  });

  it("fills pages past what is filtered out", () => {
    fc.assert(
      fc.property(times, limit, (at, n) => {
        const collection = fill(at);
        const even = inOrder(at).filter((id) => Number(id.slice(1)) % 2 === 0);
        const page = idPage(collection, `limit=${n}`, (item) => item.even);
        expect(page.data).toEqual(even.slice(0, n));
        expect(page.has_more).toBe(even.length > n);
      }),
    );
  });
});
