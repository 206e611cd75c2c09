import { describe, expect, test } from "vitest";
import type { Endpoint } from "../../src/delivery/endpoint.ts";
import { WELL } from "../../src/delivery/health.ts";
import { limitOf, shareOf } from "../../src/delivery/limit.ts";
import { Pace } from "../../src/delivery/pace.ts";
import { subscription } from "../support/subscription.ts";

function endpoint(more: Partial<Endpoint> = {}): Endpoint {
  return {
    subscription: subscription({ maxInFlight: 7 }),
    host: "example.com",
    pace: null,
    headers: {},
    health: WELL,
    unstored: 0,
    triedAt: 0,
    keys: () => [],
    ...more,
  };
}

describe("limitOf", () => {
  test("one goes ahead before anything is known, then as many as the subscription may have", () => {
    expect(limitOf(undefined, 0)).toEqual({ maxInFlight: 1, holdUntil: null });
    expect(limitOf(endpoint(), 0)).toEqual({ maxInFlight: 7, holdUntil: null });
  });

  test("one at a time for an endpoint that only fails", () => {
    const health = { ...WELL, failingSince: 0, consecutiveFailures: 10 };
    expect(limitOf(endpoint({ health }), 0)).toEqual({ maxInFlight: 1, holdUntil: null });
  });

  test("a rest between two tries of one that failed a hundred times: it took thousands of tries a second", () => {
    const failed = (consecutiveFailures: number, triedAt: number) =>
      endpoint({ health: { ...WELL, failingSince: 0, consecutiveFailures }, triedAt });
    expect(limitOf(failed(99, 1_000), 1_001)).toEqual({ maxInFlight: 1, holdUntil: null });
    expect(limitOf(failed(100, 1_000), 1_001)).toEqual({ maxInFlight: 1, holdUntil: 1_050 });
    expect(limitOf(failed(100, 1_000), 1_050)).toEqual({ maxInFlight: 1, holdUntil: null });
    expect(limitOf(failed(100, 1_000), 1_001, true)).toEqual({ maxInFlight: 1, holdUntil: null }); // a person asked
    expect(limitOf(failed(100, 9_000), 1_000)).toEqual({ maxInFlight: 1, holdUntil: null }); // the clock was put back
  });

  test("none while it is held", () => {
    const held = endpoint({ health: { ...WELL, holdUntil: 60_000 } });
    expect(limitOf(held, 1_500)).toEqual({ maxInFlight: 1, holdUntil: 60_000 });
    expect(limitOf(held, 60_000)).toEqual({ maxInFlight: 7, holdUntil: null });
  });

  test("none before the next may begin, unless nothing is to be sent", () => {
    const pace = new Pace({ perSecond: 1, perMinute: null }, null);
    pace.take(0);
    expect(limitOf(endpoint({ pace }), 400)).toEqual({ maxInFlight: 7, holdUntil: 1_000 });
    expect(limitOf(endpoint({ pace }), 1_000)).toEqual({ maxInFlight: 7, holdUntil: null });
    const paused = subscription({ status: "paused", maxInFlight: 7 });
    expect(limitOf(endpoint({ pace, subscription: paused }), 400)).toEqual({ maxInFlight: 7, holdUntil: null });
  });
});

describe("shareOf", () => {
  test("the host's, for all that call it; one for all that fail; one for all that are not known", () => {
    const failing = (consecutiveFailures: number) =>
      shareOf(endpoint({ health: { ...WELL, failingSince: 0, consecutiveFailures } }));
    expect(shareOf(endpoint())).toBe("example.com");
    expect(failing(2)).toBe("example.com");
    expect(failing(3)).toBe("(failing)");
    expect(shareOf(undefined)).toBe("(unknown)");
  });
});
