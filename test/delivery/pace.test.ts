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
  test("lets as many go at once as the limit has, and the next a period after the first of them", () => {
    const pace = new Pace({ perSecond: 3, perMinute: null }, null);
    expect(beginAll(pace, 0, 2_500)).toEqual([0, 0, 0, 1_000, 1_000, 1_000, 2_000, 2_000, 2_000]);
  });

  test("keeps to the second and to the minute at once", () => {
    const pace = new Pace({ perSecond: 2, perMinute: 6 }, null);
    expect(beginAll(pace, 0, 61_000)).toEqual([0, 0, 1_000, 1_000, 2_000, 2_000, 60_000, 60_000]);
  });

  test("after a restart takes those that it does not know to have begun just before it", () => {
    const pace = new Pace({ perSecond: null, perMinute: 2 }, 5_000);
    expect(pace.nextAt(5_000)).toBe(65_000);
    expect(beginAll(pace, 65_000, 66_000)).toEqual([65_000, 65_000]);
  });

  test("a changed limit counts what began under the one before", () => {
    const before = new Pace({ perSecond: 5, perMinute: 20 }, null);
    const begun = beginAll(before, 0, 5_000);
    const fewer = new Pace({ perSecond: null, perMinute: 10 }, null, before);
    expect(begun).toHaveLength(20);
    expect(fewer.nextAt(5_000)).toBe(62_000);
    const more = new Pace({ perSecond: null, perMinute: 30 }, null, new Pace({ perSecond: null, perMinute: 20 }, null));
    expect(beginAll(more, 0, 1_000)).toHaveLength(30);
  });

  test("waits a period at most after a clock that was put back", () => {
    const pace = new Pace({ perSecond: null, perMinute: 1 }, 86_400_000);
    expect(pace.nextAt(1_000)).toBe(61_000);
    expect(pace.nextAt(61_000)).toBe(61_000);
    pace.take(86_400_000);
    expect(pace.nextAt(1_000)).toBe(61_000);
    expect(pace.nextAt(61_000)).toBe(61_000);
  });

  test("never begins more in any second or minute than the limit: it once began nearly twice as many", () => {
    const limits = fc.record({
      perSecond: fc.option(fc.integer({ min: 1, max: 50 })),
      perMinute: fc.integer({ min: 1, max: 500 }),
    });
    const waits = fc.array(fc.nat(3_000), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(limits, waits, (limit, gaps) => {
        const pace = new Pace(limit, null);
        const begun: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          const next = pace.nextAt(now + gap);
          const wouldBe = (count: number | null, ms: number) => (count === null ? 0 : (begun.at(-count) ?? -ms) + ms);
          expect(Math.max(next, now + gap)).toBe(
            Math.max(now + gap, wouldBe(limit.perSecond, 1_000), wouldBe(limit.perMinute, 60_000)),
          );
          now = Math.max(now + gap, next);
          pace.take(now);
          begun.push(now);
        }
      }),
      { numRuns: 50 },
    );
  });
});
