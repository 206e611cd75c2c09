import fc from "fast-check";
import { expect, test } from "vitest";
import { cutPage, type ListPart, MARK, type PageCut, recutPage } from "../../src/engine/page-cut.ts";
import { parseExactly } from "../../src/kernel/exact-json.ts";
import type { Json } from "../../src/kernel/json.ts";

const record: fc.Arbitrary<Json> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      id: fc.nat(1_000_000),
      text: fc.string({ unit: "binary", maxLength: 60 }),
      list: fc.array(fc.record({ a: fc.nat(9) }), { maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json> },
);
const records = fc.array(record, { maxLength: 150, size: "max" });
const envelope = fc.dictionary(fc.constantFrom("first", "more", "ids"), fc.jsonValue({ maxDepth: 1 }));

/** A page's text, with its list among other members, plain or with line breaks. */
function text(list: Json[], before: object, after: object, indent: number): string {
  return JSON.stringify(
    { ...before, data: list, ...Object.fromEntries(Object.entries(after).map(([k, v]) => [`z${k}`, v])) },
    null,
    indent,
  );
}

const isFrame = (frame: string) => {
  try {
    const { data } = JSON.parse(frame) as { data?: unknown };
    return Array.isArray(data) && data.length === 1 && data[0] === MARK;
  } catch {
    return false;
  }
};

/** The records of all parts, those of kept blocks as they were cut. */
function joined(parts: ListPart[], known: Map<unknown, Json[]>): Json[] {
  return parts.flatMap((part) => ("kept" in part ? (known.get(part.kept) ?? []) : part.records));
}

function recordsByBlock(cut: PageCut, list: Json[]): Map<unknown, Json[]> {
  let from = 0;
  return new Map(cut.blocks.map((block) => [block, list.slice(from, (from += block.records))]));
}

test("a page that was cut and changed is the same records as a parse of it, whatever came, went or changed", () => {
  let partly = 0;
  fc.assert(
    fc.property(
      records,
      fc.array(fc.record({ at: fc.nat(150), gone: fc.nat(3), come: fc.array(record, { maxLength: 3 }) }), {
        maxLength: 4,
      }),
      envelope,
      envelope,
      envelope,
      fc.constantFrom(0, 2),
      (list, edits, before, after, later, indent) => {
        const old = Buffer.from(text(list, before, after, indent));
        const parsed = (parseExactly(old.toString()) as { data: Json[] }).data;
        const cut = cutPage(old, parsed.length, isFrame);
        if (cut === null) return;
        const known = recordsByBlock(cut, parsed);
        expect([...known.values()].flat()).toEqual(parsed);

        const changed = [...list];
        for (const { at, gone, come } of edits) changed.splice(at, gone, ...come);
        const fresh = Buffer.from(text(changed, before, later, indent));
        const recut = recutPage(fresh, cut, isFrame);
        if (recut === null) return;
        partly++;
        expect(joined(recut.parts, known)).toEqual((parseExactly(fresh.toString()) as { data: Json[] }).data);
        // What it is remembered by now leads to the same again.
        const blocks = recut.parts.map((part) => ("kept" in part ? part.kept : part.block));
        const again = recutPage(fresh, { ...recut, blocks }, isFrame);
        expect(again?.parts.every((part) => "kept" in part)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
  expect(partly).toBeGreaterThan(20);
});

test("any bytes at all are never taken for a page that they are not", () => {
  const list = Array.from({ length: 100 }, (_, n) => ({ id: n, name: `name of ${n}` }));
  const page = JSON.stringify({ data: list, next: "t" });
  const cut = cutPage(Buffer.from(page), list.length, isFrame);
  if (cut === null) throw new Error("it must be cut");
  const known = recordsByBlock(cut, list);
  fc.assert(
    fc.property(
      fc.nat(page.length),
      fc.nat(40),
      fc.string({ unit: fc.constantFrom(...'[]{},":0a\\ '.split("")), maxLength: 12 }),
      (at, gone, come) => {
        const broken = page.slice(0, at) + come + page.slice(at + gone);
        const recut = recutPage(Buffer.from(broken), cut, isFrame);
        if (recut === null) return;
        expect(joined(recut.parts, known)).toEqual((parseExactly(broken) as { data: Json[] }).data);
      },
    ),
    { numRuns: 3_000 },
  );
});

test("one change among a thousand records has no more than a block of them parsed", () => {
  const list = Array.from({ length: 1_000 }, (_, n) => ({
    id: `file_${n}`,
    name: `name of ${n}`,
    tags: [{ a: 1 }, { a: 2 }],
  }));
  const cut = cutPage(Buffer.from(JSON.stringify({ data: list, next: "t" })), 1_000, isFrame);
  const edits: [string, (list: Json[]) => void][] = [
    ["changed", (some) => some.splice(500, 1, { ...list[500], name: "other" })],
    ["gone", (some) => some.splice(500, 1)],
    ["come", (some) => some.splice(500, 0, { id: "new" })],
    ["come at the head", (some) => some.unshift({ id: "new" })],
    ["come at the end", (some) => some.push({ id: "new" })],
  ];
  for (const [, edit] of edits) {
    const some: Json[] = [...list];
    edit(some);
    const recut = cut && recutPage(Buffer.from(JSON.stringify({ data: some, next: "other" })), cut, isFrame);
    const parsed = recut?.parts.flatMap((part) => ("kept" in part ? [] : part.records)).length ?? 1_000;
    expect(parsed).toBeLessThanOrEqual(70);
  }
});
