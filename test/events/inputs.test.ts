import { afterEach, expect, test, vi } from "vitest";
import { instant } from "../../src/events/inputs.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("a time without a zone is in UTC: it was that of the server's own zone", () => {
  vi.stubEnv("TZ", "Asia/Tokyo");
  for (const text of [
    "2026-11-20T08:00:00",
    "2026-11-20T08:00",
    "2026-11-20T08:00:00.000",
    "2026-11-20T17:00:00+09:00",
  ])
    expect(instant.parse(text)).toBe(Date.UTC(2026, 10, 20, 8));
  expect(instant.parse("2026-11-20")).toBe(Date.UTC(2026, 10, 20));
});

test.each(["tomorrow", "2026", "2026-13-01T00:00:00Z", "2026-11-20T25:00", "20:00"])("%s is refused", (text) => {
  expect(() => instant.parse(text)).toThrow("write a time in ISO 8601");
});
