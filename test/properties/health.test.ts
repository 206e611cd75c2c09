import fc from "fast-check";
import { expect, test } from "vitest";
import { checkup, type Health, type TryResult, WELL } from "../../src/delivery/health.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Tries in the order of their time: how long after the one before, and what was answered. */
const tries = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 2 * DAY }),
    status: fc.constantFrom(null, 200, 404, 429, 500, 503),
    retryAfterMs: fc.option(fc.integer({ min: -DAY, max: 3 * DAY }), { nil: null }),
  }),
  { maxLength: 60 },
);

const isOk = (status: number | null) => status === 200;

test("it is disabled when every try failed for five days and there were twenty, and not before; warned on the way, each once", () => {
  fc.assert(
    fc.property(tries, (all) => {
      let health: Health = WELL;
      let now = 0;
      let run: number[] = [];
      let warned: number[] = [];
      for (const { after, status, retryAfterMs } of all) {
        now += after;
        const result = checkup(health, { ok: isOk(status), status, retryAfterMs }, now);
        health = result.health;
        run = isOk(status) ? [] : [...run, now];
        if (isOk(status)) warned = [];
        expect(health.consecutiveFailures).toBe(run.length);
        expect(health.failingSince).toBe(run[0] ?? null);
        const isDead = run.length >= 20 && now - (run[0] ?? now) >= 5 * DAY;
        expect(result.signal?.kind === "disabled").toBe(isDead);
        if (result.signal?.kind === "failing") warned.push(result.signal.percent);
        expect(warned).toEqual([...new Set(warned)].sort((a, b) => a - b));
        if (isDead) return;
        const share = run.length === 0 ? 0 : Math.min((now - (run[0] as number)) / (5 * DAY), run.length / 20);
        for (const percent of warned) expect(share * 100).toBeGreaterThanOrEqual(percent);
        if (share >= 0.5) expect(warned.length).toBeGreaterThan(0);
      }
    }),
  );
});

test("a hold is at most a day away when it is asked for, never shortened, and only a 429 or 503 asks for one", () => {
  fc.assert(
    fc.property(tries, (all) => {
      let health: Health = WELL;
      let now = 0;
      for (const { after, status, retryAfterMs } of all) {
        now += after;
        const before = health.holdUntil;
        const tried: TryResult = { ok: isOk(status), status, retryAfterMs };
        health = checkup(health, tried, now).health;
        const asks = (status === 429 || status === 503) && (retryAfterMs ?? 0) > 0;
        if (!asks) expect(health.holdUntil).toBe(before);
        else expect(health.holdUntil).toBe(Math.max(before ?? 0, now + Math.min(retryAfterMs as number, DAY)));
      }
    }),
  );
});
