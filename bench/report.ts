import { type Summary, summarise } from "./statistics.ts";
import type { Measurement, Target } from "./workload.ts";

/** A measurement in the figures that are told of it. */
export interface Result extends Summary {
  id: string;
  what: string;
  against: string;
  unit: string;
  target: Target;
  cpuFloor?: number;
  met: boolean;
}

export function toResult({ rounds, ...about }: Measurement): Result {
  const summary = summarise(rounds);
  return { ...about, ...summary, met: isMet(about.target, summary) };
}

export function isMet(target: Target, { value, ratio, added }: Pick<Summary, "value" | "ratio" | "added">): boolean {
  if ("atMost" in target) return value <= target.atMost;
  if ("addedAtMost" in target) return added <= target.addedAtMost;
  return "ratioAtMost" in target ? ratio <= target.ratioAtMost : ratio >= target.ratioAtLeast;
}

function describeTarget(target: Target, unit: string): string {
  if ("atMost" in target) return `≤ ${target.atMost} ${unit}`;
  if ("addedAtMost" in target) return `≤ +${target.addedAtMost} ${unit}`;
  return "ratioAtMost" in target ? `≤ ${target.ratioAtMost}` : `≥ ${target.ratioAtLeast}`;
}

/**
 * True when CPU time says that the product got slower, whatever else the machine was doing: it takes more CPU for an
 * operation than its floor, else its target, allows. What has no CPU figure cannot tell.
 */
export function isSlower({ target, cpu, cpuFloor }: Pick<Result, "target" | "cpu" | "cpuFloor">): boolean {
  if (cpu === undefined) return false;
  if (cpuFloor !== undefined) return cpu.ratio < cpuFloor;
  if ("ratioAtMost" in target) return cpu.ratio < 1 / target.ratioAtMost;
  return "ratioAtLeast" in target && cpu.ratio < target.ratioAtLeast;
}

/** The results as a Markdown table, one row each. */
export function toMarkdown(results: readonly Result[]): string {
  const head = ["#", "what", "product", "bare limit", "ratio", "CPU an operation", "target", "met"];
  const rows = results.map((r) => [
    r.id,
    `${r.what}, against ${r.against}`,
    `${figure(r.value)} ${r.unit}`,
    `${figure(r.limit)} ${r.unit}`,
    "addedAtMost" in r.target
      ? `${r.added < 0 ? "" : "+"}${figure(r.added)} ${r.unit}`
      : `${r.ratio.toFixed(2)} ±${(100 * r.spread).toFixed(0)} %`,
    r.cpu ? `${figure(r.cpu.value)} µs against ${figure(r.cpu.limit)} (${r.cpu.ratio.toFixed(2)})` : "",
    describeTarget(r.target, r.unit),
    r.met ? "yes" : "**no**",
  ]);
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(["---", "---", "--:", "--:", "--:", "--:", "--:", "---"]), ...rows.map(line)].join("\n");
}

/** The results by id, as `--json` writes them; `limit` is the bare machine's figure for the same work in the same run. */
export function toJson(results: readonly Result[]): string {
  const byId = Object.fromEntries(
    results.map(({ id, value, unit, limit, ratio, added, rounds, spread, cpu, met }) => [
      id,
      { value, unit, limit, ratio, added, rounds, spread, ...(cpu ? { cpu } : {}), met },
    ]),
  );
  return `${JSON.stringify(byId, null, 2)}\n`;
}

/** Three digits that count, or all before the point. */
function figure(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString("en");
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
