import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HttpFailure } from "../../src/net/port.ts";
import { parseRetryAfter, type RetryPolicy, retryDelay } from "../../src/net/retry.ts";

const LONGEST_MS = 2 ** 31 - 1;

const policy: fc.Arbitrary<RetryPolicy> = fc.record({
  max: fc.nat(20),
  statuses: fc.constant<RetryPolicy["statuses"]>([408, 409, 429, "5xx"]),
  networkErrors: fc.boolean(),
  baseMs: fc.integer({ min: 1, max: 60_000 }),
  capMs: fc.integer({ min: 1, max: 600_000 }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  afterHeaders: fc.subarray(["retry-after-ms", "retry-after"]),
  vetoHeader: fc.constantFrom("x-should-retry", null),
});

const value = fc.oneof(
  fc.string(),
  fc.double().map(String),
  fc.integer().map(String),
  fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date(Date.UTC(9999, 0)) })
    .map((date) => date.toUTCString()),
);
const headers = fc
  .record({ "retry-after": value, "retry-after-ms": value, "x-should-retry": value }, { requiredKeys: [] })
  .map((given): Record<string, string> => ({ ...given }));

const answer = fc.record({ status: fc.integer({ min: 400, max: 599 }), headers });
const failure = fc
  .tuple(
    fc.constantFrom("blocked", "dns", "connect", "tls", "timeout", "reset", "protocol", "too_large", "aborted"),
    fc.boolean(),
  )
  .map(([kind, maybeReceived]) => new HttpFailure(kind, "…", maybeReceived));

const context = fc.record({
  idempotent: fc.boolean(),
  random: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  now: fc.integer({ min: 0, max: Date.UTC(2100, 0) }),
});

describe("retryDelay", () => {
  it("is a wait that a timer holds, whatever the other side says", () => {
    fc.assert(
      fc.property(policy, fc.nat(25), fc.oneof(answer, failure), context, (rules, retries, outcome, around) => {
        const delay = retryDelay(rules, retries, outcome, around);
        if (delay === null) return;
        expect(retries).toBeLessThan(rules.max);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(LONGEST_MS);
      }),
    );
  });

  it("lies between the backoff and the backoff less the jitter when nobody says more", () => {
    fc.assert(
      fc.property(policy, fc.nat(19), context, (rules, retries, around) => {
        fc.pre(retries < rules.max);
        const full = Math.min(rules.baseMs * 2 ** retries, rules.capMs);
        const delay = retryDelay(rules, retries, { status: 529, headers: {} }, around);
        expect(delay).toBeLessThanOrEqual(full);
        expect(delay).toBeGreaterThanOrEqual(full * (1 - rules.jitter));
      }),
    );
  });

  it("never repeats what may have been received and must not come twice", () => {
    fc.assert(
      fc.property(policy, fc.nat(25), failure, context, (rules, retries, outcome, around) => {
        fc.pre(outcome.maybeReceived);
        expect(retryDelay(rules, retries, outcome, { ...around, idempotent: false })).toBeNull();
      }),
    );
  });

  it("obeys the answer's own veto", () => {
    fc.assert(
      fc.property(policy, answer, context, (rules, { status, headers: given }, around) => {
        const vetoed = { status, headers: { ...given, "x-should-retry": "false" } };
        expect(retryDelay({ ...rules, vetoHeader: "x-should-retry" }, 0, vetoed, around)).toBeNull();
      }),
    );
  });
});

describe("parseRetryAfter", () => {
  it("gives a wait or nothing for any text", () => {
    fc.assert(
      fc.property(fc.string(), context, (text, { now }) => {
        const delay = parseRetryAfter({ "retry-after": text }, now);
        expect(delay === null || (Number.isFinite(delay) && delay >= 0)).toBe(true);
      }),
    );
  });

  it("gives back the seconds, and the time to a date", () => {
    fc.assert(
      fc.property(fc.nat(1e9), context, (seconds, { now }) => {
        expect(parseRetryAfter({ "retry-after": String(seconds) }, now)).toBe(seconds * 1000);
        const whole = Math.floor(now / 1000) * 1000;
        const date = new Date(whole + seconds * 1000).toUTCString();
        expect(parseRetryAfter({ "retry-after": date }, whole)).toBe(seconds * 1000);
      }),
    );
  });
});
