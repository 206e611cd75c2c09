import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "../../src/kernel/duration.ts";

describe("parseDuration", () => {
  it.each([
    ["0s", 0],
    ["500ms", 500],
    ["5s", 5_000],
    ["1.5h", 5_400_000],
    ["30d", 2_592_000_000],
  ])("reads %s", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(["", "5", "s", "-5s", "5 s", "5y", "1e3s"])("refuses %j and shows how to write one", (text) => {
    expect(() => parseDuration(text)).toThrowError(/500ms, 5s, 5m, 2h or 30d/);
  });
});

describe("formatDuration", () => {
  it.each(["0s", "500ms", "5s", "90m", "14h", "30d"])("writes %s as it was read", (text) => {
    expect(formatDuration(parseDuration(text))).toBe(text);
  });
});
