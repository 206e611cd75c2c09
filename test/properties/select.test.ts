import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { compileField } from "../../src/manifest/fields.ts";
import { compileDueAt, compilePredicate, type Predicate } from "../../src/manifest/predicate.ts";
import { compileSelector } from "../../src/manifest/select.ts";

const key = fc.constantFrom("a", "b", "type", "__proto__", "constructor", "toString", "length", "0");
const anyJson = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(null, true, 1, 1.5, "text", "", "2026-11-20T10:00:00Z", 1.7e9, 1.7e12),
    fc.array(tie("json"), { maxLength: 4 }),
    fc.array(fc.tuple(key, tie("json")), { maxLength: 4 }).map((members) => Object.fromEntries(members)),
  ),
})).json;
const step = fc.oneof(
  key,
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom("*", "[type=text]", "[a!=1]", "[b=]", "[constructor=x]", "[", "[]", "[=]"),
);
const selector = fc.array(step, { maxLength: 5 });

/** Everything within a value, itself too. */
function within(value: Json): unknown[] {
  return typeof value === "object" && value !== null ? [value, ...Object.values(value).flatMap(within)] : [value];
}

describe("a selector", () => {
  it("never throws, and finds only what the record holds", () => {
    fc.assert(
      fc.property(selector, anyJson, (steps, record) => {
        const found = compileSelector(steps)(record);
        if (found === undefined) return;
        const there = new Set(within(record));
        const parts = there.has(found) ? [] : (found as Json[]);
        expect(parts.every((part) => there.has(part) || within(part).every((leaf) => there.has(leaf)))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it("of keys and indexes finds what JavaScript would among own members", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 4 }), anyJson, (steps, record) => {
        const expected = steps.reduce<unknown>((value, part) => {
          if (typeof value !== "object" || value === null) return undefined;
          const fits = typeof part === (Array.isArray(value) ? "number" : "string");
          return fits ? new Map(Object.entries(value)).get(String(part)) : undefined;
        }, record);
        expect(compileSelector(steps)(record)).toBe(expected);
      }),
    );
  });

  it("makes a field of any type without throwing, never undefined", () => {
    const types = fc.constantFrom("String" as const, "Integer" as const, "Array" as const, "Json" as const);
    fc.assert(
      fc.property(
        types,
        selector,
        fc.array(selector, { maxLength: 2 }),
        anyJson,
        (type, first, alternatives, record) => {
          const rest = { primary: false, nullable: true, volatile: false, link: false, description: "", cases: null };
          const value = compileField({ name: "f", type, selector: first, alternatives, ...rest })(record);
          expect(value).not.toBeUndefined();
          expect(() => JSON.stringify(value)).not.toThrow();
        },
      ),
    );
  });
});

const leaf = fc.record(
  {
    field: selector,
    equals: anyJson,
    in: fc.array(anyJson, { maxLength: 2 }),
    exists: fc.boolean(),
    gt: anyJson,
    lte: anyJson,
    contains: anyJson,
    before: fc.constantFrom("now", "2026-11-20", "2026-11-20T10:00:00Z"),
    after: fc.constantFrom("now", "2026-11-20"),
  },
  { requiredKeys: ["field"] },
);
const predicate = fc.letrec<{ it: Predicate }>((tie) => ({
  it: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    leaf,
    fc.record({ all: fc.array(tie("it"), { maxLength: 3 }) }),
    fc.record({ any: fc.array(tie("it"), { maxLength: 3 }) }),
    fc.record({ not: tie("it") }),
  ),
})).it;
const time = fc.integer({ min: 0, max: 4e12 });

describe("a predicate", () => {
  it("judges any record without throwing, and not turns it over", () => {
    fc.assert(
      fc.property(predicate, anyJson, time, (condition, record, now) => {
        const verdict = compilePredicate(condition)(record, now);
        expect(typeof verdict).toBe("boolean");
        expect(compilePredicate({ not: condition })(record, now)).toBe(!verdict);
      }),
    );
  });

  it("does not change its verdict before it is due", () => {
    fc.assert(
      fc.property(predicate, anyJson, time, fc.nat(), (condition, record, now, later) => {
        const due = compileDueAt(condition)?.(record, now) ?? null;
        const then = due === null ? now + later : Math.min(now + later, due - 1);
        const check = compilePredicate(condition);
        expect(check(record, then)).toBe(check(record, now));
      }),
    );
  });

  it("on one time turns exactly when it is due", () => {
    const one = fc.constantFrom<Predicate>({ field: ["t"], before: "now" }, { not: { field: ["t"], after: "now" } });
    fc.assert(
      fc.property(one, time, fc.boolean(), (condition, at, asText) => {
        const record = { t: asText || at < 1e11 ? new Date(at).toISOString() : at };
        const due = compileDueAt(condition)?.(record, Number.NEGATIVE_INFINITY) ?? null;
        if (due === null) throw new Error("it must fall due");
        const check = compilePredicate(condition);
        expect([check(record, due - 1), check(record, due)]).toEqual([false, true]);
      }),
    );
  });
});
