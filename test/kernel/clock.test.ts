import { describe, expect, it } from "vitest";
import { isoTime, sleep } from "../../src/kernel/clock.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("sleep", () => {
  it("ends when the clock says so", async () => {
    const clock = new ManualClock();
    let woke = false;
    const slept = sleep(clock, 1_000).then(() => {
      woke = true;
    });
    await clock.advance(999);
    expect(woke).toBe(false);
    await clock.advance(1);
    await slept;
    expect(woke).toBe(true);
  });

  it("rejects with the signal's reason, and leaves no timer behind", async () => {
    const clock = new ManualClock();
    const controller = new AbortController();
    const slept = sleep(clock, 1_000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(slept).rejects.toThrow("enough");
    expect(clock.pending).toBe(0);
    await expect(sleep(clock, 1, controller.signal)).rejects.toThrow("enough");
  });
});

describe("isoTime", () => {
  it("is ISO 8601 in UTC with milliseconds", () => {
    expect(isoTime(0)).toBe("1970-01-01T00:00:00.000Z");
  });
});
