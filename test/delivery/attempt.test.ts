import { describe, expect, test } from "vitest";
import { attempt } from "../../src/delivery/attempt.ts";
import type { Clock } from "../../src/kernel/clock.ts";
import { type Http, HttpFailure } from "../../src/net/port.ts";

const REQUEST = { method: "POST", url: "https://hooks.example/", headers: {} };
const never = new AbortController().signal;
const refused: Http = () => Promise.reject(new HttpFailure("connect", "nobody listens", false));

/** A system's clock that is set while a try is under way. */
function setBy(ms: number): Clock {
  let now = 1_000_000_000;
  return { now: () => (now += ms), after: () => () => {} };
}

describe("a try during which the clock is set", () => {
  test.each([
    ["back by a day", -86_400_000, 0],
    ["forward by a day", 86_400_000, 15_000],
    ["not at all, but runs", 120, 120],
  ])("%s lasted no less than nothing and no longer than its deadline", async (_how, ms, durationMs) => {
    const outcome = await attempt({ http: refused, clock: setBy(ms) }, REQUEST, 15_000, never);
    expect(outcome).toMatchObject({ class: "connect", durationMs });
  });
});

describe("what says nothing about a subscriber", () => {
  test.each([
    ["our own stop", new HttpFailure("aborted", "The caller went away.", true)],
    ["a mistake of ours", new TypeError("oh")],
  ])("(%s) is thrown", async (_what, failure) => {
    const trying = attempt({ http: () => Promise.reject(failure), clock: setBy(1) }, REQUEST, 15_000, never);
    await expect(trying).rejects.toBe(failure);
  });
});
