import { describe, expect, it } from "vitest";
import { isMet, isSlower, type Result, toJson, toMarkdown, toResult } from "../../bench/report.ts";
import type { Measurement } from "../../bench/workload.ts";

const rounds = [
  { product: { value: 13_000, cpuUs: 60 }, limit: { value: 20_000, cpuUs: 40 } },
  { product: { value: 14_000, cpuUs: 62 }, limit: { value: 20_000, cpuUs: 40 } },
  { product: { value: 15_000, cpuUs: 64 }, limit: { value: 20_000, cpuUs: 40 } },
];
const a1: Measurement = {
  id: "A1",
  what: "operation call",
  against: "a bare forwarder",
  unit: "calls/s",
  target: { ratioAtLeast: 0.65 },
  rounds,
};
const c1: Measurement = {
  id: "C1",
  what: "start to ready",
  against: "an empty server",
  unit: "ms",
  target: { atMost: 350 },
  rounds: [{ product: { value: 412.4 }, limit: { value: 51.23 } }],
};

describe("a result", () => {
  it("is judged by its ratio or by its own figure, as the target says", () => {
    expect(toResult(a1)).toMatchObject({ ratio: 0.7, met: true });
    expect(toResult(c1)).toMatchObject({ value: 412.4, met: false });
    const figures = { value: 350, ratio: 0.65, added: 0 };
    expect(isMet({ atMost: 350 }, figures)).toBe(true);
    expect(isMet({ ratioAtLeast: 0.66 }, figures)).toBe(false);
  });

  it("is slower when an operation takes more CPU than the floor, else the target, allows; nothing else tells", () => {
    const cpu = (ratio: number): Pick<Result, "target" | "cpu"> => ({
      target: { ratioAtLeast: 0.65 },
      cpu: { value: 40 / ratio, limit: 40, ratio },
    });
    expect(isSlower(cpu(0.7))).toBe(false);
    expect(isSlower(cpu(0.6))).toBe(true);
    expect(isSlower({ ...cpu(0.6), cpuFloor: 0.5 })).toBe(false);
    expect(isSlower({ ...cpu(0.4), cpuFloor: 0.5 })).toBe(true);
    expect(isSlower({ target: { atMost: 1 } })).toBe(false);
  });
});

describe("the report", () => {
  const results = [toResult(a1), toResult(c1)];

  it("is a Markdown table with a row each, and says what was missed", () => {
    const lines = toMarkdown(results).split("\n");
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => line.split("|").length)).size).toBe(1);
    expect(lines[2]).toContain(
      "14,000 calls/s | 20,000 calls/s | 0.70 ±7 % | 62.0 µs against 40.0 (0.65) | ≥ 0.65 | yes",
    );
    expect(lines[3]).toContain("412 ms | 51.2 ms | 8.05 ±0 % |  | ≤ 350 ms | **no**");
  });

  it("is JSON by id, with the bare limit beside each value", () => {
    const json = JSON.parse(toJson(results)) as Record<string, unknown>;
    expect(Object.keys(json)).toEqual(["A1", "C1"]);
    expect(json.A1).toMatchObject({ value: 14_000, unit: "calls/s", limit: 20_000, ratio: 0.7, rounds: 3 });
    expect(json.C1).toMatchObject({ value: 412.4, unit: "ms", limit: 51.23, rounds: 1 });
  });
});
