import { getTasks } from "node-cron";
import { describe, expect, test } from "vitest";
import { nextRun, nextRunAfterFailure } from "../../src/triggers/schedule.ts";

const MINUTE = 60_000;
const at = (iso: string) => Date.parse(iso);
const iso = (ms: number) => new Date(ms).toISOString();

describe("every", () => {
  test("keeps a steady beat with a phase of the poller's own", () => {
    const first = nextRun({ everyMs: MINUTE }, "pol_a", at("2026-11-20T08:00:00Z"));
    expect(nextRun({ everyMs: MINUTE }, "pol_a", first)).toBe(first + MINUTE);
    expect(nextRun({ everyMs: MINUTE }, "pol_a", first + 1)).toBe(first + MINUTE);
    const phases = new Set(
      ["pol_a", "pol_b", "pol_c", "pol_d"].map((id) => nextRun({ everyMs: MINUTE }, id, 0) % MINUTE),
    );
    expect(phases.size).toBeGreaterThan(1);
  });

  test("missed ticks coalesce into the one that comes next", () => {
    const first = nextRun({ everyMs: MINUTE }, "pol_a", 0);
    expect(nextRun({ everyMs: MINUTE }, "pol_a", first + 10 * MINUTE + 5)).toBe(first + 11 * MINUTE);
  });
});

describe("cron", () => {
  const next = (cron: string, timezone: string, from: string) => iso(nextRun({ cron, timezone }, "pol_a", at(from)));

  test("counts in its time zone", () => {
    expect(next("30 3 * * *", "UTC", "2026-11-20T08:00:00Z")).toBe("2026-11-21T03:30:00.000Z");
    expect(next("30 3 * * *", "Europe/Berlin", "2026-11-20T08:00:00Z")).toBe("2026-11-21T02:30:00.000Z");
    expect(next("0 9 * * *", "Asia/Kathmandu", "2026-11-20T08:00:00Z")).toBe("2026-11-21T03:15:00.000Z");
  });

  test("is always later than now", () => {
    expect(next("0 8 * * *", "UTC", "2026-11-20T08:00:00Z")).toBe("2026-11-21T08:00:00.000Z");
    expect(next("* * * * *", "UTC", "2026-11-20T08:00:30Z")).toBe("2026-11-20T08:01:00.000Z");
  });

  test("finds days that are far away", () => {
    expect(next("0 0 29 2 *", "UTC", "2026-11-20T08:00:00Z")).toBe("2028-02-29T00:00:00.000Z");
    expect(next("15 12 * * mon", "UTC", "2026-11-20T08:00:00Z")).toBe("2026-11-23T12:15:00.000Z");
  });

  test("follows the wall clock over a change of daylight saving", () => {
    expect(next("30 3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:30:00.000Z");
    expect(next("30 3 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z")).toBe("2026-10-25T02:30:00.000Z");
  });

  test("leaves nothing behind in node-cron's own list", () => {
    next("* * * * *", "UTC", "2026-11-20T08:00:30Z");
    expect(getTasks().size).toBe(0);
  });
});

describe("after a failure", () => {
  const now = at("2026-11-20T08:00:00Z");
  test("waits longer with each one, up to an hour", () => {
    const waits = [1, 2, 3, 7, 50].map((failures) => (nextRunAfterFailure(now + 1, failures, 0, now) - now) / MINUTE);
    expect(waits).toEqual([1, 2, 4, 60, 60]);
  });

  test("never comes before the regular run nor before the provider's own word", () => {
    expect(nextRunAfterFailure(now + 90 * MINUTE, 1, 0, now)).toBe(now + 90 * MINUTE);
    expect(nextRunAfterFailure(now + MINUTE, 1, 3 * 60 * MINUTE, now)).toBe(now + 3 * 60 * MINUTE);
  });
});
