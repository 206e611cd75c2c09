import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { compileDueAt, compilePredicate, type Predicate } from "../../src/manifest/predicate.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const RECORD: Json = {
  status: "ended",
  n: 5,
  counts: { expired: 2, errored: 0 },
  tags: ["a", { k: 1, l: [2] }],
  archived_at: null,
  empty: [],
  past: "2026-11-20T09:59:59.999999Z",
  future: "2026-11-20T12:00:01+02:00",
  seconds: NOW / 1000 - 1,
  ms: NOW + 1,
  naive: "2026-11-20 10:00:01",
  day: "2026-11-20",
};

const holds = (predicate: Predicate, record: Json = RECORD, now = NOW) => compilePredicate(predicate)(record, now);

describe("one field", () => {
  it.each<[Omit<Extract<Predicate, { field: unknown }>, "field">, string, boolean]>([
    [{ equals: "ended" }, "status", true],
    [{ equals: "in_progress" }, "status", false],
    [{ equals: "5" }, "n", false],
    [{ equals: null }, "archived_at", true],
    [{ equals: null }, "missing", false],
    [{ equals: { errored: 0, expired: 2 } }, "counts", true],
    [{ equals: { expired: 2 } }, "counts", false],
    [{ equals: [] }, "empty", true],
    [{ in: ["canceling", "ended"] }, "status", true],
    [{ in: [] }, "status", false],
    [{ in: ["ended", null] }, "missing", false],
    [{ exists: true }, "status", true],
    [{ exists: true }, "empty", true],
    [{ exists: true }, "archived_at", false],
    [{ exists: false }, "archived_at", true],
    [{ exists: false }, "missing", true],
    [{ exists: false }, "n", false],
    [{}, "n", true],
    [{}, "missing", false],
    [{ gt: 4 }, "n", true],
    [{ gt: 5 }, "n", false],
    [{ gte: 5 }, "n", true],
    [{ lt: 5 }, "n", false],
    [{ lte: 5 }, "n", true],
    [{ gt: 4, lt: 6 }, "n", true],
    [{ gt: 4, lt: 5 }, "n", false],
    [{ gt: "4" }, "n", false],
    [{ gt: "e", lte: "ended" }, "status", true],
    [{ lt: 1 }, "archived_at", false],
    [{ lt: 1 }, "missing", false],
    [{ contains: "nde" }, "status", true],
    [{ contains: "a" }, "tags", true],
    [{ contains: "b" }, "tags", false],
    [{ contains: { l: [2], k: 1 } }, "tags", true],
    [{ contains: 5 }, "n", false],
    [{ contains: "a" }, "missing", false],
    [{ before: "now" }, "past", true],
    [{ after: "now" }, "past", false],
    [{ before: "now" }, "future", false],
    [{ after: "now" }, "future", true],
    [{ before: "now" }, "seconds", true],
    [{ after: "now" }, "ms", true],
    [{ after: "now" }, "naive", true],
    [{ before: "2026-11-20T00:00:01Z" }, "day", true],
    [{ after: "2026-11-19", before: "2026-11-21" }, "past", true],
    [{ before: "now" }, "status", false],
    [{ after: "now" }, "status", false],
    [{ before: "now" }, "archived_at", false],
    [{ before: "now" }, "missing", false],
  ])("%j of %s is %j", (operators, name, expected) => {
    expect(holds({ field: [name], ...operators })).toBe(expected);
  });

  it("compares times strictly", () => {
    expect(holds({ field: ["t"], before: "now" }, { t: NOW })).toBe(false);
    expect(holds({ field: ["t"], after: "now" }, { t: NOW })).toBe(false);
  });

  it("takes a list that nothing passed for missing", () => {
    expect(holds({ field: ["tags", "[k=1]"], exists: true })).toBe(true);
    expect(holds({ field: ["tags", "[k=9]"], exists: true })).toBe(false);
  });

  it("refuses a time that is none", () => {
    const message = '"tomorrow" is not a time; write "now" or 2026-01-31T12:00:00Z.';
    expect(() => compilePredicate({ field: ["t"], before: "tomorrow" })).toThrow(
      expect.objectContaining({ code: "manifest_invalid", message }),
    );
  });
});

it("all, any and not combine", () => {
  const ended: Predicate = { field: ["status"], equals: "ended" };
  const expired: Predicate = { field: ["counts", "expired"], gt: 0 };
  const missing: Predicate = { field: ["missing"], equals: 1 };
  expect(holds({ all: [ended, expired] })).toBe(true);
  expect(holds({ all: [ended, missing] })).toBe(false);
  expect(holds({ any: [missing, expired] })).toBe(true);
  expect(holds({ any: [missing] })).toBe(false);
  expect(holds({ not: missing })).toBe(true);
  expect(holds({ not: { all: [ended, { not: missing }] } })).toBe(false);
});

describe("compileDueAt", () => {
  const dueAt = (predicate: Predicate, record: Json, afterMs = Number.NEGATIVE_INFINITY) =>
    compileDueAt(predicate)?.(record, afterMs) ?? null;
  const before: Predicate = { field: ["a"], before: "now" };
  const after: Predicate = { field: ["b"], after: "now" };

  it("is when the comparison turns", () => {
    expect(dueAt(before, { a: NOW })).toBe(NOW + 1);
    expect(holds(before, { a: NOW }, NOW)).toBe(false);
    expect(holds(before, { a: NOW }, NOW + 1)).toBe(true);
    expect(dueAt(after, { b: NOW })).toBe(NOW);
    expect(holds(after, { b: NOW }, NOW - 1)).toBe(true);
    expect(holds(after, { b: NOW }, NOW)).toBe(false);
  });

  it("is the first of several, or the first after a time", () => {
    const both: Predicate = { any: [{ not: { all: [before] } }, after] };
    const record = { a: NOW + 50, b: NOW };
    expect(dueAt(both, record)).toBe(NOW);
    expect(dueAt(both, record, NOW)).toBe(NOW + 51);
    expect(dueAt(both, record, NOW + 51)).toBeNull();
  });

  it("is null for fixed times, other comparisons and values that are no time", () => {
    expect(dueAt({ field: ["a"], before: "2030-01-01" }, { a: NOW })).toBeNull();
    expect(dueAt({ field: ["a"], equals: "now" }, { a: NOW })).toBeNull();
    expect(dueAt(before, { a: "soon" })).toBeNull();
    expect(dueAt(before, {})).toBeNull();
  });

  it("is nothing at all for a predicate that never asks for the time", () => {
    expect(
      compileDueAt({
        all: [
          { field: ["a"], equals: "now" },
          { field: ["b"], after: "2030-01-01" },
        ],
      }),
    ).toBeNull();
    expect(compileDueAt({ any: [{ field: ["a"], exists: true }, before] })).not.toBeNull();
  });
});
