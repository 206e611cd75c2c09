import fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_RETRY_AFTER_MS, nextDelay } from "../../src/delivery/backoff.ts";

const delay = fc.integer({ min: 0, max: LONGEST_RETRY_AFTER_MS });
const asked = fc.option(fc.double({ noNaN: true, min: -1e15, max: 1e15 }), { nil: null });
const chance = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

test("a delay is never below our own less a fifth, never above it plus a fifth or what was asked, and ends with the schedule", () => {
  fc.assert(
    fc.property(
      fc.array(delay, { minLength: 1, maxLength: 12 }),
      fc.nat(15),
      chance,
      asked,
      (schedule, tries, random, retryAfter) => {
        const next = nextDelay(schedule, tries, () => random, retryAfter);
        const base = schedule[tries];
        if (base === undefined || next === null) {
          expect(next).toBeNull();
          expect(tries).toBeGreaterThanOrEqual(schedule.length);
          return;
        }
        expect(next).toBeGreaterThanOrEqual(Math.floor(base * 0.8));
        expect(next).toBeGreaterThanOrEqual(Math.min(retryAfter ?? 0, LONGEST_RETRY_AFTER_MS));
        expect(next).toBeLessThanOrEqual(
          Math.max(Math.ceil(base * 1.2), Math.min(retryAfter ?? 0, LONGEST_RETRY_AFTER_MS)),
        );
      },
    ),
  );
});
