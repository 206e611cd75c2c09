import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchRecord, EXPIRES_AFTER_MS, endOf } from "../../src/sandbox/batch-state.ts";

const DAY = 86_400_000;
const batchMs = fc.integer({ min: 1, max: 2 * DAY });
const offset = fc.integer({ min: 0, max: 2 * DAY });

const batch = fc
  .record({
    createdAt: fc.nat(DAY),
    size: fc.integer({ min: 1, max: 50 }),
    cancelAfter: fc.option(offset),
    hold: fc.oneof(fc.constant("none"), fc.constant("held"), offset),
  })
  .map(
    ({ createdAt, size, cancelAfter, hold }): BatchRecord => ({
      id: "msgbatch_1",
      createdAt,
      version: "2026-10-21",
      requests: Array.from({ length: size }, (_, i) => ({ custom_id: `r${i}`, params: {} })),
      cancelAt: cancelAfter === null ? null : createdAt + cancelAfter,
      hold: hold === "none" ? null : { releasedAt: typeof hold === "number" ? createdAt + hold : null },
      outcome: null,
      isBooked: false,
    }),
  );

describe("the end of a batch", () => {
  it("comes after its beginning and within 24 hours", () => {
    fc.assert(
      fc.property(batch, batchMs, (record, ms) => {
        const { at } = endOf(record, ms);
        expect(at).toBeGreaterThanOrEqual(record.createdAt);
        expect(at).toBeLessThanOrEqual(record.createdAt + EXPIRES_AFTER_MS);
      }),
    );
  });

  it("finds a whole number of requests processed, all of them only when there was time", () => {
    fc.assert(
      fc.property(batch, batchMs, (record, ms) => {
        const { at, processed, rest } = endOf(record, ms);
        expect(Number.isInteger(processed)).toBe(true);
        expect(processed).toBeGreaterThanOrEqual(0);
        expect(processed).toBeLessThanOrEqual(record.requests.length);
        const startsAt = record.hold === null ? record.createdAt : record.hold.releasedAt;
        if (startsAt === null) expect(processed).toBe(0);
        else if (processed === record.requests.length) expect(at).toBe(startsAt + ms);
        if (rest === "canceled") expect(record.cancelAt).not.toBeNull();
      }),
    );
  });
});
