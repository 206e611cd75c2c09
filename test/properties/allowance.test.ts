import fc from "fast-check";
import { expect, test } from "vitest";
import { type Allowance, allowanceOf, countedAllowance, waitFor } from "../../src/engine/allowance.ts";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 10, 20, 8);
const RULE = { headers: { limit: "l", remaining: "r", reset: "t" } };

const moment = fc.integer({ min: NOW - 30 * HOUR, max: NOW + 30 * HOUR });
const allowance: fc.Arbitrary<Allowance> = fc
  .record({
    limit: fc.nat(10_000),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    resetAt: moment,
    notedAt: moment,
  })
  .map(({ limit, share, ...times }) => ({ limit, remaining: Math.round(share * limit), ...times }));
const reserve = fc.double({ min: 0, max: 1, noNaN: true });

test("nobody waits without end: a wait is to come, within the hour, and not beyond the reset", () => {
  fc.assert(
    fc.property(allowance, reserve, moment, (it, share, now) => {
      const until = waitFor({ reserve: share }, it, now);
      if (until === null) return;
      expect(until).toBeGreaterThan(now);
      expect(until - now).toBeLessThanOrEqual(HOUR);
      expect(until).toBeLessThanOrEqual(it.resetAt);
      expect(waitFor({ reserve: share }, it, until)).toBeNull();
    }),
  );
});

test("there is a wait just when less is left than the reserve, of a limit that is not over", () => {
  fc.assert(
    fc.property(allowance, reserve, (it, share) => {
      const fresh = { ...it, notedAt: NOW, resetAt: NOW + 60_000 };
      expect(waitFor({ reserve: share }, fresh, NOW) !== null).toBe(fresh.remaining < share * fresh.limit);
    }),
  );
});

test("counted requests are never more than the limit, and all are there again in the next window", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(30_000), { maxLength: 80 }), (requests, steps) => {
      const rule = { requests, perMs: 60_000 };
      const perWindow = new Map<number, number>();
      let now = NOW;
      let last: Allowance | undefined;
      for (const step of steps) {
        now += step;
        last = countedAllowance(rule, last, now);
        const asked = (perWindow.get(last.resetAt) ?? 0) + 1;
        perWindow.set(last.resetAt, asked);
        expect(last.remaining).toBe(Math.max(requests - asked, 0));
        expect(last.resetAt).toBeGreaterThan(now);
      }
    }),
  );
});

test.each([
  ["2026-11-20T08:01:00Z", NOW + 60_000],
  ["Fri, 20 Nov 2026 08:01:00 GMT", NOW + 60_000],
  ["60", NOW + 60_000],
  ["0.5", NOW + 500],
  [String(NOW / 1_000 + 60), NOW + 60_000],
])("a reset of %s is understood", (t, resetAt) => {
  expect(allowanceOf(RULE, { l: "100", r: "7", t }, NOW)).toEqual({ limit: 100, remaining: 7, resetAt, notedAt: NOW });
});

test.each<Record<string, string>>([
  {},
  { l: "100", r: "7" },
  { l: "100", r: "7", t: "soon" },
  { l: "100", r: "-1", t: "60" },
  { l: "", r: "7", t: "60" },
])("an answer that does not say all of it says nothing: %j", (headers) => {
  expect(allowanceOf(RULE, headers, NOW)).toBeNull();
});
