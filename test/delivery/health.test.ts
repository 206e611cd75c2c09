import { describe, expect, test } from "vitest";
import { type Checkup, checkup, type Health, type TryResult, WELL } from "../../src/delivery/health.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const failure: TryResult = { ok: false, status: 500, retryAfterMs: null };
const success: TryResult = { ok: true, status: 200, retryAfterMs: null };

/** The checkups of failures at the given times. */
function fail(times: number[], from: Health = WELL): Checkup[] {
  let health = from;
  return times.map((now) => {
    const result = checkup(health, failure, now);
    health = result.health;
    return result;
  });
}

const signals = (checkups: Checkup[]) => checkups.flatMap(({ signal }) => (signal ? [signal] : []));

describe("checkup", () => {
  test("a success of a healthy endpoint changes nothing", () => {
    expect(checkup(WELL, success, 1).health).toBe(WELL);
  });

  test("the first failure begins a run, a success ends it", () => {
    const [first, second] = fail([100, 200]);
    expect(second?.health).toMatchObject({ failingSince: 100, consecutiveFailures: 2 });
    expect(checkup(first?.health ?? WELL, success, 300).health).toEqual(WELL);
  });

  test("warns at 50, 70 and 90 percent and disables after five days and twenty failures, each once", () => {
    const everySixHours = Array.from({ length: 25 }, (_, n) => n * 6 * HOUR);
    const told = signals(fail(everySixHours));
    expect(told.slice(0, 3)).toMatchObject([
      { kind: "failing", percent: 50 },
      { kind: "failing", percent: 70 },
      { kind: "failing", percent: 90 },
    ]);
    expect(told[3]).toMatchObject({ kind: "disabled", reason: "failing", failingSince: 0, consecutiveFailures: 21 });
  });

  test("a thousand failures within a day do not disable", () => {
    const told = signals(fail(Array.from({ length: 1_000 }, (_, n) => (n * DAY) / 1_000)));
    expect(told).toEqual([]);
  });

  test("nineteen failures over ten days do not disable, the twentieth does", () => {
    const checkups = fail(Array.from({ length: 20 }, (_, n) => (n * 10 * DAY) / 19));
    expect(checkups.at(18)?.signal?.kind).not.toBe("disabled");
    expect(checkups.at(19)?.signal?.kind).toBe("disabled");
  });

  test("410 disables at once as gone", () => {
    expect(checkup(WELL, { ...failure, status: 410 }, 5).signal).toMatchObject({ kind: "disabled", reason: "gone" });
  });

  test.each([429, 503])("%d with Retry-After holds the whole subscription, a day at most", (status) => {
    expect(checkup(WELL, { ok: false, status, retryAfterMs: 60_000 }, 1_000).health.holdUntil).toBe(61_000);
    expect(checkup(WELL, { ok: false, status, retryAfterMs: 1e12 }, 1_000).health.holdUntil).toBe(1_000 + DAY);
    expect(checkup(WELL, { ok: false, status, retryAfterMs: null }, 1_000).health.holdUntil).toBeNull();
  });

  test("another status with Retry-After holds nothing, and a shorter hold does not end a longer one", () => {
    expect(checkup(WELL, { ok: false, status: 500, retryAfterMs: 60_000 }, 0).health.holdUntil).toBeNull();
    const held = { ...WELL, holdUntil: 90_000 };
    expect(checkup(held, { ok: false, status: 429, retryAfterMs: 1_000 }, 0).health.holdUntil).toBe(90_000);
    expect(checkup({ ...held, failingSince: 1 }, success, 2).health).toEqual({ ...WELL, holdUntil: 90_000 });
  });
});
