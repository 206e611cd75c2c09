import { describe, expect, it } from "vitest";
import { HttpFailure, type HttpFailureKind } from "../../src/net/port.ts";
import { parseRetryAfter, type RetryContext, type RetryPolicy, retryDelay } from "../../src/net/retry.ts";

const sdk: RetryPolicy = {
  max: 2,
  statuses: [408, 409, 429, "5xx"],
  networkErrors: true,
  baseMs: 500,
  capMs: 8_000,
  jitter: 0.25,
  afterHeaders: ["retry-after-ms", "retry-after"],
  vetoHeader: "x-should-retry",
};
const now = Date.UTC(2026, 10, 20, 8);
const once: RetryContext = { idempotent: false, random: 0, now };

function afterStatus(status: number, headers: Record<string, string> = {}, retries = 0, policy = sdk): number | null {
  return retryDelay(policy, retries, { status, headers }, once);
}

function afterFailure(kind: HttpFailureKind, maybeReceived: boolean, idempotent: boolean, policy = sdk): number | null {
  return retryDelay(policy, 0, new HttpFailure(kind, "…", maybeReceived), { ...once, idempotent });
}

describe("an answer", () => {
  it.each([408, 409, 429, 500, 502, 503, 504, 529])(
    "of %i is retried, a POST too: it is the API's own word",
    (status) => {
      expect(afterStatus(status)).toBe(500);
    },
  );

  it.each([400, 401, 403, 404, 413, 422])("of %i is not", (status) => expect(afterStatus(status)).toBeNull());

  it("is retried no more often than allowed", () => {
    expect([0, 1, 2, 3].map((retries) => afterStatus(529, {}, retries))).toEqual([500, 1000, null, null]);
    expect(afterStatus(529, { "x-should-retry": "true" }, 2)).toBeNull();
  });

  it("is waited for twice as long each time, up to the cap, less the jitter", () => {
    const policy = { ...sdk, max: 9 };
    expect([0, 1, 2, 3, 4, 5].map((n) => afterStatus(500, {}, n, policy))).toEqual([500, 1000, 2000, 4000, 8000, 8000]);
    expect(retryDelay(sdk, 0, { status: 500, headers: {} }, { ...once, random: 0.5 })).toBe(437.5);
  });

  it("that says so itself is retried, or not, whatever its status", () => {
    expect(afterStatus(400, { "x-should-retry": "true" })).toBe(500);
    expect(afterStatus(429, { "x-should-retry": "false", "retry-after": "1" })).toBeNull();
    expect(afterStatus(429, { "x-should-retry": "maybe" })).toBe(500);
    expect(afterStatus(400, { "x-should-retry": "true" }, 0, { ...sdk, vetoHeader: null })).toBeNull();
  });

  it.each<[Record<string, string>, number]>([
    [{ "retry-after-ms": "120" }, 120],
    [{ "retry-after-ms": "120.5", "retry-after": "9" }, 120.5],
    [{ "retry-after": "9" }, 9_000],
    [{ "retry-after": "0.25" }, 250],
    [{ "retry-after": "3600" }, 3_600_000],
    [{ "retry-after": "Fri, 20 Nov 2026 08:00:30 GMT" }, 30_000],
    [{ "retry-after-ms": "soon", "retry-after": "2" }, 2_000],
    [{ "retry-after-ms": "0", "retry-after": "2" }, 2_000],
    [{ "retry-after": "0" }, 500],
    [{ "retry-after": "-1" }, 500],
    [{ "retry-after": "Fri, 20 Nov 2026 07:59:30 GMT" }, 500],
    [{ "retry-after": "2147484" }, 500],
    [{ "retry-after-ms": "2147483648", "retry-after": "1" }, 500],
    [{ "retry-after": "2147483.647" }, 2_147_483_647],
  ])("with %j is waited for %d ms", (headers, delay) => expect(afterStatus(429, headers)).toBe(delay));

  it("is not asked when to come back by a header that the policy does not name", () => {
    expect(afterStatus(429, { "retry-after": "9" }, 0, { ...sdk, afterHeaders: [] })).toBe(500);
  });
});

describe("a network failure", () => {
  it.each(["dns", "connect", "tls"] as const)("before anything was sent (%s) is retried, a POST too", (kind) => {
    expect(afterFailure(kind, false, false)).toBe(500);
  });

  it.each(["timeout", "reset"] as const)("after it (%s) is retried only where sending twice does no harm", (kind) => {
    expect(afterFailure(kind, true, true)).toBe(500);
    expect(afterFailure(kind, true, false)).toBeNull();
    expect(afterFailure(kind, false, false)).toBe(500);
  });

  it.each(["blocked", "too_large", "protocol", "aborted"] as const)(
    "that would come again (%s) is never retried",
    (kind) => {
      expect(afterFailure(kind, false, true)).toBeNull();
    },
  );

  it("is not retried when the policy says so", () => {
    expect(afterFailure("connect", false, true, { ...sdk, networkErrors: false })).toBeNull();
  });
});

describe("parseRetryAfter", () => {
  it.each<[string, number | null]>([
    ["0", 0],
    ["120", 120_000],
    [" 120 ", 120_000],
    ["1.5", 1_500],
    ["1e9", 1e12],
    ["5, 10", 5_000],
    ["Fri, 20 Nov 2026 08:02:00 GMT", 120_000],
    ["Friday, 20-Nov-26 08:02:00 GMT", 120_000],
    ["Fri Nov 20 08:02:00 2026", 120_000],
    ["Fri, 20 Nov 2026 08:02:00 GMT, Fri, 20 Nov 2026 09:00:00 GMT", 120_000],
    ["Fri, 20 Nov 2026 07:00:00 GMT", null],
    ["Fri, 99 Nov 2026 08:02:00 GMT", null],
    ["", null],
    ["-1", null],
    ["soon", null],
    ["5 apples", null],
    ["garbage 5", null],
    ["2027", 2_027_000],
    ["Infinity", null],
    ["1e999", null],
    ["0x10", null],
  ])("reads %j as %s ms", (text, delay) => expect(parseRetryAfter({ "retry-after": text }, now)).toBe(delay));

  it("reads nothing where there is nothing", () => expect(parseRetryAfter({}, now)).toBeNull());
});
