import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { median, quantile, type Round, spread, summarise } from "../../bench/statistics.ts";

const figures = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 });

describe("quantile", () => {
  it("is what a share of the values does not exceed", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
    expect(quantile(hundred, 0.99)).toBe(100);
    expect(quantile(hundred, 0.5)).toBe(51);
    expect(quantile([7], 1)).toBe(7);
    expect(() => quantile([], 0.5)).toThrow("no values");
  });
});

describe("median", () => {
  it("is the middle one, or the mean of the two in the middle, whatever their order", () => {
    expect(median([30, 10, 20])).toBe(20);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(() => median([])).toThrow("no values");
  });

  test("as many values lie above it as below", () => {
    fc.assert(
      fc.property(figures, (values) => {
        const middle = median(values);
        const above = values.filter((value) => value > middle).length;
        const below = values.filter((value) => value < middle).length;
        expect(Math.max(above, below)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
  });
});

test("spread is the farthest value's distance from the median, as a share of it", () => {
  expect(spread([100, 90, 130])).toBeCloseTo(0.3);
  expect(spread([5])).toBe(0);
});

describe("summarise", () => {
  const round = (product: number, limit: number, cpu?: [number, number]): Round => ({
    product: { value: product, ...(cpu ? { cpuUs: cpu[0] } : {}) },
    limit: { value: limit, ...(cpu ? { cpuUs: cpu[1] } : {}) },
  });

  it("compares each round with itself: a machine that was busy for one round changes no ratio", () => {
    const summary = summarise([round(650, 1_000), round(65, 100), round(660, 1_000)]);
    expect(summary).toMatchObject({ value: 650, limit: 1_000, ratio: 0.65, rounds: 3 });
    expect(summary.cpu).toBeUndefined();
  });

  it("gives CPU as limit / value, so that a dearer operation is below 1", () => {
    const { cpu } = summarise([round(1, 2, [60, 40]), round(1, 2, [80, 40]), round(1, 2, [50, 40])]);
    expect(cpu).toEqual({ value: 60, limit: 40, ratio: 40 / 60 });
  });
});
