import fc from "fast-check";
import { expect, test } from "vitest";
import { nextRun, nextRunAfterFailure, nextRunOf } from "../../src/triggers/schedule.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** From 2020 to 2035. */
const time = fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2035, 0) });
const pollerId = fc.string({ minLength: 1 });
const durations = fc.integer({ min: 1_000, max: DAY });
const zone = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Pacific/Chatham",
);
const cron = fc
  .record({ minute: fc.integer({ min: 0, max: 59 }), hour: fc.option(fc.integer({ min: 0, max: 23 }), { nil: "*" }) })
  .map(({ minute, hour }) => `${minute} ${hour} * * *`);
const beat = fc.oneof(
  durations.map((everyMs) => ({ everyMs })),
  fc.record({ cron, timezone: zone }),
);
const state = fc.record({ isOpen: fc.boolean(), isWatched: fc.boolean() });
const pace = fc.record({ whileOpenMs: fc.option(durations), unwatchedMs: fc.option(durations) });

test("the next run is always to come, and comes within a day or what the schedule says", () => {
  const check = fc.property(beat, pace, state, pollerId, time, (itsBeat, itsPace, itsState, id, now) => {
    const next = nextRunOf({ ...itsBeat, ...itsPace }, id, itsState, now).nextRunAt;
    expect(next).toBeGreaterThan(now);
    const longest = ("everyMs" in itsBeat ? itsBeat.everyMs : DAY + 2 * 60 * MINUTE) + (itsPace.unwatchedMs ?? 0);
    expect(next - now).toBeLessThanOrEqual(longest);
  });
  fc.assert(check, { numRuns: 150 });
});

test("an open item never puts a run off, and nobody's interest never brings one forward", () => {
  const check = fc.property(beat, pace, pollerId, time, (itsBeat, itsPace, id, now) => {
    const at = (isOpen: boolean, isWatched: boolean) =>
      nextRunOf({ ...itsBeat, ...itsPace }, id, { isOpen, isWatched }, now).nextRunAt;
    expect(at(true, true)).toBeLessThanOrEqual(at(false, true));
    expect(at(false, false)).toBeGreaterThanOrEqual(at(false, true));
  });
  fc.assert(check, { numRuns: 80 });
});

test("whatever was missed, the next run is one, and the clock may be put back or forward by a day", () => {
  const check = fc.property(
    durations,
    pollerId,
    time,
    fc.integer({ min: -DAY, max: DAY }),
    (everyMs, id, now, jump) => {
      const next = nextRun({ everyMs }, id, now + jump);
      expect(next).toBeGreaterThan(now + jump);
      expect(next - (now + jump)).toBeLessThanOrEqual(everyMs);
      expect(nextRun({ everyMs }, id, next)).toBe(next + everyMs);
    },
  );
  fc.assert(check);
});

test("a daily run comes once a day in every time zone, whatever is done to the clock", () => {
  const check = fc.property(fc.integer({ min: 0, max: 23 }), zone, time, (hour, timezone, from) => {
    const daily = { cron: `30 ${hour} * * *`, timezone };
    let at = nextRun(daily, "pol_a", from);
    for (let n = 0; n < 3; n++) {
      const next = nextRun(daily, "pol_a", at);
      expect(next - at).toBeGreaterThanOrEqual(22 * 60 * MINUTE);
      expect(next - at).toBeLessThanOrEqual(26 * 60 * MINUTE);
      at = next;
    }
  });
  fc.assert(check, { numRuns: 30 });
});

test("a back-off grows with the failures up to an hour, and is never shorter than what the provider asks for", () => {
  const check = fc.property(
    time,
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 0, max: DAY }),
    durations,
    (now, failures, retryAfterMs, regularMs) => {
      const at = (times: number) => nextRunAfterFailure(now + regularMs, times, retryAfterMs, now).nextRunAt;
      expect(at(failures)).toBeGreaterThanOrEqual(Math.max(now + regularMs, now + retryAfterMs, now + MINUTE));
      expect(at(failures + 1)).toBeGreaterThanOrEqual(at(failures));
      expect(at(failures)).toBeLessThanOrEqual(now + Math.max(regularMs, retryAfterMs, 60 * MINUTE));
    },
  );
  fc.assert(check);
});

test("a thousand connections are not in step: no second of a minute has more than twice its share", () => {
  const seconds = Array.from({ length: 60 }, () => 0);
  for (let n = 0; n < 5_000; n++) {
    const second = Math.floor((nextRun({ everyMs: MINUTE }, `pol_${n}`, 0) % MINUTE) / 1_000);
    seconds[second] = (seconds[second] ?? 0) + 1;
  }
  expect(Math.max(...seconds)).toBeLessThan((2 * 5_000) / 60);
  expect(Math.min(...seconds)).toBeGreaterThan(5_000 / 60 / 2);
});
