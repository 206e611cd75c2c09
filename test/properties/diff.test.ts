import fc from "fast-check";
import { expect, test } from "vitest";
import type { StoredItem } from "../../src/model/poller.ts";
import { diffPage, keyPage, type RecordLens } from "../../src/triggers/diff.ts";

interface Thing {
  id: string;
  value: number;
  [field: string]: string | number;
}

const lens: RecordLens = {
  keyOf: (record) => (record as Thing).id,
  fingerprintOf: (record) => String((record as Thing).value),
};

const thing = fc.record({ id: fc.constantFrom("a", "b", "c", "d", "e", "f", "g", "h"), value: fc.nat(2) });
const things = fc.array(thing, { maxLength: 20, size: "max" });

function storedOf(known: Thing[]): Map<string, StoredItem> {
  const byKey = new Map(known.map((record) => [record.id, record]));
  const rows = [...byKey.values()].map((record, n) => ({
    n,
    key: record.id,
    fingerprint: lens.fingerprintOf(record),
    record,
    states: {},
    absent: 0,
    status: "present" as const,
  }));
  return new Map(rows.map((row) => [row.key, row]));
}

test("however a listing is cut into pages, each item is judged once and by its first record", () => {
  fc.assert(
    fc.property(things, things, fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }), (known, listed, sizes) => {
      const stored = storedOf(known);
      const seen = new Set<number>();
      const fresh = new Set<string>();
      const kinds = new Map<string, string>();
      for (let from = 0, page = 0; from < listed.length; page++) {
        const size = sizes[page % sizes.length] ?? 1;
        const { records } = keyPage(listed.slice(from, from + size), lens);
        from += size;
        for (const { key, kind, before } of diffPage(records, stored, lens, (n) => seen.has(n))) {
          // A new item is stored by its page's commit, and so known to the pages after it.
          if (before) seen.add(before.n);
          else if (fresh.has(key)) continue;
          else fresh.add(key);
          expect(kinds.has(key)).toBe(false);
          kinds.set(key, kind);
        }
      }
      const first = new Map<string, Thing>();
      for (const record of listed) if (!first.has(record.id)) first.set(record.id, record);
      for (const [id, { value }] of first) {
        const before = stored.get(id);
        expect(kinds.get(id)).toBe(!before ? "new" : before.fingerprint === String(value) ? "same" : "changed");
      }
      expect(kinds.size).toBe(first.size);
    }),
  );
});
