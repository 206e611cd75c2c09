import { describe, expect, test } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { StoredItem } from "../../src/model/poller.ts";
import { diffPage, keyPage, type RecordLens } from "../../src/triggers/diff.ts";

const lens = (fields: string[]): RecordLens => ({
  keyOf: (record) => (record as { id?: string }).id ?? null,
  fingerprintOf: (record) => JSON.stringify(fields.map((field) => (record as Record<string, Json>)[field] ?? null)),
});

function stored(n: number, record: { id: string; [field: string]: Json }, more: Partial<StoredItem> = {}): StoredItem {
  const fingerprint = lens(["name"]).fingerprintOf(record);
  return { n, key: record.id, fingerprint, record, states: {}, absent: 0, status: "present", ...more };
}

function diff(records: Json[], known: StoredItem[], options: { fields?: string[]; seen?: number[] } = {}) {
  const byKey = new Map(known.map((item) => [item.key, item]));
  const view = lens(options.fields ?? ["name"]);
  const seen = new Set(options.seen);
  return diffPage(keyPage(records, view).records, byKey, view, (n) => seen.has(n)).map(
    ({ kind, key }) => `${kind} ${key}`,
  );
}

describe("a page beside what is stored", () => {
  test("tells new, changed, unchanged and returned items apart", () => {
    const known = [
      stored(1, { id: "a", name: "A" }),
      stored(2, { id: "b", name: "B" }),
      stored(3, { id: "c", name: "C" }, { status: "removed" }),
    ];
    expect(
      diff(
        [
          { id: "a", name: "A" },
          { id: "b", name: "B2" },
          { id: "c", name: "C" },
          { id: "d", name: "D" },
        ],
        known,
      ),
    ).toEqual(["same a", "changed b", "returned c", "new d"]);
  });

  test("an item met on an earlier page of the sweep is left out", () => {
    expect(diff([{ id: "a", name: "A2" }], [stored(1, { id: "a", name: "A" })], { seen: [1] })).toEqual([]);
  });

  test("other fingerprint fields are adopted, but a change since is still a change", () => {
    const before = stored(1, { id: "a", name: "A", size: 1 });
    expect(diff([{ id: "a", name: "A", size: 1 }], [before], { fields: ["size"] })).toEqual(["adopted a"]);
    const adopted = { ...before, fingerprint: lens(["size"]).fingerprintOf(before.record) };
    expect(diff([{ id: "a", name: "A", size: 2 }], [adopted], { fields: ["size"] })).toEqual(["changed a"]);
  });
});

describe("keys", () => {
  test("a key that comes twice counts once, the first record wins", () => {
    const { records, keyless } = keyPage(
      [
        { id: "a", name: "1" },
        { id: "a", name: "2" },
      ],
      lens([]),
    );
    expect([...records]).toEqual([["a", { id: "a", name: "1" }]]);
    expect(keyless).toBe(0);
  });

  test("records without a key are counted, the others still count", () => {
    const { records, keyless } = keyPage([{ name: "?" }, { id: "a" }, null], {
      ...lens([]),
      keyOf: (r) => (r as { id?: string } | null)?.id ?? null,
    });
    expect([...records.keys()]).toEqual(["a"]);
    expect(keyless).toBe(2);
  });
});
