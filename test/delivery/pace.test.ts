import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Pace } from "../../src/delivery/pace.ts";

/** Begins a try whenever one may, from `from` to `until`; the times at which they began. */
function beginAll(pace: Pace, from: number, until: number): number[] {
  const begun: number[] = [];
  for (let now = from; now < until; now = Math.max(now, pace.nextAt(now))) {
    pace.take(now);
    begun.push(now);
  }
  return begun;
}

describe("Pace", () => {
  test("lets a bucket go at once, then one with each token", () => {
    const pace = new Pace({ perSecond: 3, perMinute: null }, 0, true);
    expect(beginAll(pace, 0, 1_500)).toEqual([0, 0, 0, 334, 667, 1_000, 1_334]);
  });

  test("keeps to the second and to the minute at once", () => {
    const pace = new Pace({ perSecond: 2, perMinute: 6 }, 0, true);
    expect(beginAll(pace, 0, 40_000)).toEqual([0, 0, 500, 1_000, 1_500, 2_000, 10_000, 20_000, 30_000]);
  });

  test("begins with empty buckets after a restart: one try with each token, no bucket beside that of the process before", () => {
    const pace = new Pace({ perSecond: null, perMinute: 60 }, 5_000, false);
    expect(pace.nextAt(5_000)).toBe(6_000);
    expect(beginAll(pace, pace.nextAt(5_000), 9_500)).toEqual([6_000, 7_000, 8_000, 9_000]);
  });

  test("waits no longer than for one token after a clock that was put back", () => {
    const pace = new Pace({ perSecond: null, perMinute: 1 }, 86_400_000, true);
    pace.take(86_400_000);
    expect(pace.nextAt(1_000)).toBe(61_000);
  });

  test("never begins more in any time than a bucket and what came in that time", () => {
    const limits = fc.record({
      perSecond: fc.integer({ min: 1, max: 50 }),
      perMinute: fc.integer({ min: 1, max: 500 }),
    });
    const waits = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(limits, waits, (limit, gaps) => {
        const pace = new Pace(limit, 0, true);
        const begun: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now = Math.max(now + gap, pace.nextAt(now + gap));
          pace.take(now);
          begun.push(now);
        }
        for (const [count, ms] of [
          [limit.perSecond, 1_000],
          [limit.perMinute, 60_000],
        ] as const) {
          begun.forEach((from, i) => {
            const within = begun.slice(i).map((at, n) => [n + 1, count + ((at - from) * count) / ms] as const);
            for (const [many, allowed] of within) expect(many).toBeLessThanOrEqual(allowed + 1e-6);
          });
        }
      }),
      { numRuns: 50 },
    );
  });
});
