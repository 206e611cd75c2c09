import { describe, expect, it } from "vitest";
import { cents, searchCost, tokenCost, wholeCents } from "../../../src/sandbox/organization/prices.ts";

const MILLION = 1_000_000;

describe("prices", () => {
  it.each([
    ["claude-opus-5", "uncached_input_tokens", "500"],
    ["claude-opus-5", "output_tokens", "2500"],
    ["claude-opus-5", "cache_creation.ephemeral_5m_input_tokens", "625"],
    ["claude-opus-5", "cache_creation.ephemeral_1h_input_tokens", "1000"],
    ["claude-opus-5", "cache_read_input_tokens", "50"],
    ["claude-haiku-4-5-20251001", "cache_read_input_tokens", "10"],
    ["claude-sonnet-4-6", "output_tokens", "1500"],
    ["claude-sonnet-5", "output_tokens", "1000"],
    ["claude-fable-5-2", "uncached_input_tokens", "1000"],
  ] as const)("of %s: a million %s are %s cents", (model, type, amount) => {
    expect(cents(tokenCost(type, MILLION, { model, serviceTier: "standard" }))).toBe(amount);
  });

  it("are half in batches, and exact for a single token", () => {
    const batch = { model: "claude-haiku-4-5", serviceTier: "batch" };
    expect(cents(tokenCost("cache_creation.ephemeral_5m_input_tokens", 1, batch))).toBe("0.0000625");
    expect(cents(tokenCost("cache_read_input_tokens", 3, batch))).toBe("0.000015");
  });

  it("are written without needless zeros", () => {
    expect([cents(0n), cents(searchCost(12)), cents(1_237_891_200n)]).toEqual(["0", "12", "123.78912"]);
    expect([wholeCents(4_999_999n), wholeCents(5_000_000n)]).toEqual([0, 1]);
  });
});
