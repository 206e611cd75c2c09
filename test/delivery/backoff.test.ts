import { describe, expect, test } from "vitest";
import { nextDelay } from "../../src/delivery/backoff.ts";

const SCHEDULE = [0, 5_000, 300_000];
const DAY = 24 * 3_600_000;

describe("nextDelay", () => {
  test("follows the schedule and ends with it", () => {
    const delays = [0, 1, 2, 3].map((tries) => nextDelay(SCHEDULE, tries, () => 0.5, null));
    expect(delays).toEqual([0, 5_000, 300_000, null]);
  });

  test("varies by a fifth either way", () => {
    expect(nextDelay(SCHEDULE, 1, () => 0, null)).toBe(4_000);
    expect(nextDelay(SCHEDULE, 1, () => 1, null)).toBe(6_000);
  });

  test("Retry-After lengthens the delay, to a day at most, and never shortens it", () => {
    expect(nextDelay(SCHEDULE, 1, () => 0.5, 60_000)).toBe(60_000);
    expect(nextDelay(SCHEDULE, 1, () => 0.5, 1_000)).toBe(5_000);
    expect(nextDelay(SCHEDULE, 1, () => 0.5, -1)).toBe(5_000);
    expect(nextDelay(SCHEDULE, 1, () => 0.5, 30 * DAY)).toBe(DAY);
  });

  test("Retry-After adds no try to a schedule that has run out", () => {
    expect(nextDelay(SCHEDULE, 3, () => 0.5, 60_000)).toBeNull();
  });
});
