import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { describeMachine, lookAtMachine } from "./machine.ts";
import { isSlower, type Result, toJson, toMarkdown, toResult } from "./report.ts";
import type { Plan, Workload } from "./workload.ts";
import { a1 } from "./workloads/a1.ts";
import { a2 } from "./workloads/a2.ts";
import { a3 } from "./workloads/a3.ts";
import { a4 } from "./workloads/a4.ts";
import { c1 } from "./workloads/c1.ts";
import { d1 } from "./workloads/d1.ts";
import { d2 } from "./workloads/d2.ts";
import { d4 } from "./workloads/d4.ts";
import { d5 } from "./workloads/d5.ts";
import { m1 } from "./workloads/m1.ts";
import { m1Draining } from "./workloads/m1-draining.ts";
import { p1 } from "./workloads/p1.ts";
import { p2 } from "./workloads/p2.ts";
import { p3 } from "./workloads/p3.ts";
import { p4 } from "./workloads/p4.ts";
import { r1 } from "./workloads/r1.ts";

const WORKLOADS: Record<string, Workload> = {
  A1: a1,
  A2: a2,
  A3: a3,
  A4: a4,
  P1: p1,
  P2: p2,
  P3: p3,
  P4: p4,
  D1: d1,
  D2: d2,
  D4: d4,
  D5: d5,
  C1: c1,
  M1: m1,
  M1_draining: m1Draining,
  R1: r1,
};
const OUT = fileURLToPath(new URL("out/", import.meta.url));

const USAGE = `npm run bench -- [${Object.keys(WORKLOADS).join(" ")}] [--quick] [--rounds N] [--json FILE]`;

interface Wish {
  ids: string[];
  quick: boolean;
  rounds: number;
  json: string | undefined;
}

function readArguments(): Wish {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { quick: { type: "boolean" }, rounds: { type: "string" }, json: { type: "string" } },
  });
  const ids = positionals.length > 0 ? positionals : Object.keys(WORKLOADS);
  const unknown = ids.filter((id) => !(id in WORKLOADS));
  const quick = values.quick ?? false;
  const rounds = Number(values.rounds ?? (quick ? 3 : 5));
  if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) throw new Error(`Run it so: ${USAGE}`);
  return { ids, quick, rounds, json: values.json };
}

async function measure({ ids, quick, rounds }: Wish, folder: string): Promise<Result[]> {
  const results: Result[] = [];
  for (const id of ids) {
    const plan: Plan = { quick, rounds, folder, say };
    say(id);
    const measured = await WORKLOADS[id]?.(plan);
    results.push(...(measured ?? []).map(toResult));
  }
  return results;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  const wish = readArguments();
  mkdirSync(OUT, { recursive: true });
  const folder = mkdtempSync(join(OUT, "run-"));
  try {
    console.log(describeMachine(lookAtMachine(folder)));
    const results = await measure(wish, folder);
    console.log(`\n${toMarkdown(results)}`);
    if (wish.json !== undefined) writeFileSync(wish.json, toJson(results));
    const slower = wish.quick ? results.filter(isSlower) : [];
    for (const { id } of slower) say(`${id} takes more CPU for an operation than it may: it got slower.`);
    return slower.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main();
