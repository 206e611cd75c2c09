import { beforeEach, describe, expect, it } from "vitest";
import { Alarm } from "../../src/jobs/alarm.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("an alarm", () => {
  let clock: ManualClock;
  let rings: number[];
  let alarm: Alarm;
  beforeEach(() => {
    clock = new ManualClock(0);
    rings = [];
    alarm = new Alarm(clock, () => rings.push(clock.now()));
  });

  it("rings once, at the earliest moment it was set to", async () => {
    alarm.set(500);
    alarm.set(900);
    alarm.set(100);
    expect(clock.pending).toBe(1);
    await clock.advance(5_000);
    expect(rings).toEqual([100]);
  });

  it("can be set again when it rang, also to a moment that has passed", async () => {
    alarm.set(100);
    await clock.advance(100);
    alarm.set(50);
    await clock.advance(0);
    expect(rings).toEqual([100, 100]);
  });

  it("rings early, at least once a minute, for whoever set it far ahead", async () => {
    alarm.set(24 * 3_600_000);
    await clock.advance(60_000);
    expect(rings).toEqual([60_000]);
  });

  it("keeps still when it was cleared", async () => {
    alarm.set(100);
    alarm.clear();
    await clock.advance(1_000);
    expect(rings).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
