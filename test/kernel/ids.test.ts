import { describe, expect, it } from "vitest";
import { newId } from "../../src/kernel/ids.ts";

describe("newId", () => {
  it("has the prefix of its kind, and sorts by the order of making within a millisecond", () => {
    const ids = Array.from({ length: 1_000 }, () => newId("evt", 1_760_000_000_000));
    expect(ids.every((id) => /^evt_[0-9A-HJKMNP-TV-Z]{26}$/.test(id))).toBe(true);
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(1_000);
  });
});
