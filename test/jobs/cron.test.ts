import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { systemCron } from "../../src/jobs/cron.ts";
import { createLog } from "../../src/kernel/log.ts";

describe("ticks by the system's clock", () => {
  const log = createLog("silent");
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: Date.UTC(2026, 10, 20, 8, 0, 0, 500) });
  });
  afterEach(() => void vi.useRealTimers());

  it("ticks by the expression until it is stopped", async () => {
    const ticks: number[] = [];
    const stop = systemCron(log)("poll", "*/10 * * * * *", async () => void ticks.push(new Date().getUTCSeconds()));
    await vi.advanceTimersByTimeAsync(35_000);
    expect(ticks).toEqual([10, 20, 30]);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ticks).toHaveLength(3);
  });

  it.each([
    ["* * * * * *", 1_000],
    ["* * * * *", 60_000],
  ])("ticks by %s at each whole %d ms, and needs no calendar for it", async (expression, everyMs) => {
    const ticks: number[] = [];
    const stop = systemCron(log)("poll", expression, async () => void ticks.push(Date.now()));
    await vi.advanceTimersByTimeAsync(3 * everyMs);
    const first = Date.UTC(2026, 10, 20, 8) + everyMs;
    expect(ticks).toEqual([first, first + everyMs, first + 2 * everyMs]);
    stop();
    await vi.advanceTimersByTimeAsync(3 * everyMs);
    expect(ticks).toHaveLength(3);
  });

  it("ticks once though a timer comes a millisecond early, and not for what was slept through", async () => {
    let ticks = 0;
    const stop = systemCron(log)("poll", "* * * * * *", async () => void ticks++);
    vi.setSystemTime(Date.UTC(2026, 10, 20, 8, 0, 0, 499));
    await vi.advanceTimersByTimeAsync(600);
    expect(ticks).toBe(1);
    vi.setSystemTime(Date.UTC(2026, 10, 20, 8, 0, 30, 500));
    await vi.advanceTimersByTimeAsync(1_500);
    expect(ticks).toBe(3);
    stop();
  });

  it("takes five fields for minutes", async () => {
    let ticks = 0;
    const stop = systemCron(log)("hourly", "*/15 * * * *", async () => void ticks++);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(ticks).toBe(4);
    stop();
  });

  it.each(["* * * * * *", "*/1 * * * * *"])("skips a tick that overlaps: %s", async (expression) => {
    let begun = 0;
    let end = () => {};
    const stop = systemCron(log)("slow", expression, () => {
      begun++;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(begun).toBe(1);
    end();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(begun).toBe(2);
    end();
    stop();
  });

  it("names the schedule whose expression is none", () => {
    const bad = () => systemCron(log)("poll", "every now and then", async () => {});
    expect(bad).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining('"poll"') }),
    );
  });
});
