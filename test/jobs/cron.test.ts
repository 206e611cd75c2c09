import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nodeCron } from "../../src/jobs/cron.ts";
import { createLog } from "../../src/kernel/log.ts";

describe("node-cron", () => {
  const log = createLog("silent");
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"], now: Date.UTC(2026, 10, 20, 8, 0, 0, 500) });
  });
  afterEach(() => void vi.useRealTimers());

  it("ticks by the expression until it is stopped", async () => {
    const ticks: number[] = [];
    const stop = nodeCron(log)("poll", "*/10 * * * * *", async () => void ticks.push(new Date().getUTCSeconds()));
    await vi.advanceTimersByTimeAsync(35_000);
    expect(ticks).toEqual([10, 20, 30]);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(ticks).toHaveLength(3);
  });

  it("takes five fields for minutes", async () => {
    let ticks = 0;
    const stop = nodeCron(log)("hourly", "*/15 * * * *", async () => void ticks++);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(ticks).toBe(4);
    stop();
  });

  it("skips a tick that overlaps", async () => {
    let begun = 0;
    let end = () => {};
    const stop = nodeCron(log)("slow", "* * * * * *", () => {
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
    const bad = () => nodeCron(log)("poll", "every now and then", async () => {});
    expect(bad).toThrow(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining('"poll"') }),
    );
  });
});
