import { describe, expect, test } from "vitest";
import { nodeCron } from "../../src/kernel/when-needed.ts";
import { nextRun, nextRunAfterFailure, nextRunOf } from "../../src/triggers/schedule.ts";

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

  test("runs what a clock that is put on skips as soon as it was, and no hour twice that comes twice", () => {
    // Berlin goes from 2:00 to 3:00 on 29 March 2026, and from 3:00 back to 2:00 on 25 October.
    expect(next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:00:00.000Z");
    expect(next("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z")).toBe("2026-03-30T00:30:00.000Z");
    expect(next("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:30:00.000Z");
    expect(next("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z")).toBe("2026-10-26T01:30:00.000Z");
  });

  test("goes on each hour through both changes where the hour is not named", () => {
    expect(next("30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z")).toBe("2026-10-25T01:30:00.000Z");
    expect(next("30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z")).toBe("2026-03-29T01:30:00.000Z");
    expect(next("*/20 * * * *", "America/New_York", "2026-11-01T05:40:00Z")).toBe("2026-11-01T06:00:00.000Z");
  });

  test("knows clocks that are moved by half an hour, and by a whole day", () => {
    // Lord Howe Island goes from 2:00 to 2:30 on 4 October 2026, and from 2:00 back to 1:30 on 5 April.
    expect(next("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T12:00:00Z")).toBe("2026-10-03T15:30:00.000Z");
    expect(next("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T12:00:00Z")).toBe("2026-04-04T14:45:00.000Z");
    expect(next("45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45:00Z")).toBe("2026-04-05T15:15:00.000Z");
    // Samoa had no 30 December 2011.
    expect(next("0 12 30 12 *", "Pacific/Apia", "2011-12-29T00:00:00Z")).toBe("2011-12-30T10:00:00.000Z");
  });

  test("leaves nothing behind in node-cron's own list", () => {
    next("* * * * *", "UTC", "2026-11-20T08:00:30Z");
    expect(nodeCron().getTasks().size).toBe(0);
  });
});

describe("a poller that is well", () => {
  const now = at("2026-11-20T08:00:00Z");
  const schedule = { everyMs: MINUTE, whileOpenMs: 10_000, unwatchedMs: 5 * MINUTE };
  const gaps = (state: { isOpen: boolean; isWatched: boolean }) => {
    const first = nextRunOf(schedule, "pol_a", state, now).nextRunAt;
    const { nextRunAt, cadence } = nextRunOf(schedule, "pol_a", state, first);
    return [nextRunAt - first, cadence];
  };

  test("runs sooner while an item is open, and slower, not never, while nobody wants its events", () => {
    expect(gaps({ isOpen: false, isWatched: true })).toEqual([MINUTE, "regular"]);
    expect(gaps({ isOpen: true, isWatched: true })).toEqual([10_000, "while_open"]);
    expect(gaps({ isOpen: false, isWatched: false })).toEqual([5 * MINUTE, "unwatched"]);
    expect(gaps({ isOpen: true, isWatched: false })).toEqual([5 * MINUTE, "unwatched"]);
  });

  test("keeps to its cron expression while nobody wants its events, unless the manifest says slower", () => {
    const cron = { cron: "0 * * * *", timezone: "UTC", whileOpenMs: null, unwatchedMs: null };
    const unwatched = { isOpen: false, isWatched: false };
    const hourly = { nextRunAt: at("2026-11-20T09:00:00Z"), cadence: "regular" };
    expect(nextRunOf(cron, "pol_a", unwatched, now)).toEqual(hourly);
    const slower = { ...cron, unwatchedMs: 180 * MINUTE };
    const first = nextRunOf(slower, "pol_a", unwatched, now).nextRunAt;
    expect(iso(first)).toMatch(/:00:00.000Z$/);
    expect(nextRunOf(slower, "pol_a", unwatched, first).nextRunAt - first).toBe(180 * MINUTE);
  });

  test("runs beside its cron expression while an item is open", () => {
    const cron = { cron: "0 3 * * *", timezone: "UTC", whileOpenMs: MINUTE, unwatchedMs: null };
    const next = nextRunOf(cron, "pol_a", { isOpen: true, isWatched: true }, now);
    expect(next.nextRunAt).toBeLessThanOrEqual(now + MINUTE);
  });
});

describe("after a failure", () => {
  const now = at("2026-11-20T08:00:00Z");
  test("waits longer with each one, up to an hour", () => {
    const after = (failures: number) => nextRunAfterFailure(now + 1, failures, 0, now);
    const waits = [1, 2, 3, 7, 50].map((failures) => (after(failures).nextRunAt - now) / MINUTE);
    expect(waits).toEqual([1, 2, 4, 60, 60]);
    expect(after(1).cadence).toBe("backing_off");
  });

  test("never comes before the regular run nor before the provider's own word", () => {
    const late = { nextRunAt: now + 90 * MINUTE, cadence: "regular" };
    expect(nextRunAfterFailure(now + 90 * MINUTE, 1, 0, now)).toEqual(late);
    expect(nextRunAfterFailure(now + MINUTE, 1, 3 * 60 * MINUTE, now).nextRunAt).toBe(now + 3 * 60 * MINUTE);
  });

  test("waits for a day at most, whatever the provider asks for", () => {
    expect(nextRunAfterFailure(now + MINUTE, 1, 1e12, now).nextRunAt).toBe(now + 24 * 60 * MINUTE);
  });
});
