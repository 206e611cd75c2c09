import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Sweep } from "../src/model/poller.ts";
import { type Program, startProgram } from "./program.ts";
import { must, type Plan } from "./workload.ts";

/** What a sweeper says of some sweeps. */
export interface Swept {
  /** Of one sweep. */
  cpuMs: number;
  /** The most memory that its process has held so far. */
  peakBytes: number;
  sweeps: Sweep[];
}

/** The provider, and the product on a database that knows every one of its files. */
export interface SweepSides {
  upstream: Program;
  sweeper: Program;
  /** The product's database, and where its provider is. */
  place: { path: string; url: string };
  stop(): Promise<void>;
}

/** Starts them; the first sweep is over. */
export async function startSweeping({ folder, say }: Pick<Plan, "folder" | "say">, files: number): Promise<SweepSides> {
  const upstream = await startProgram("list-upstream");
  await upstream.ask("fill", files);
  const place = { path: join(mkdtempSync(join(folder, "sweep-")), "tidewire.db"), url: upstream.url };
  const sweeper = await openSweeper(place);
  const first = await sweep(sweeper, 1, { items: files });
  say(`  the first sweep of ${files} took ${(first.cpuMs / 1_000).toFixed(1)} s of CPU`);
  const stop = async () => void (await Promise.all([sweeper.ask("close").then(() => sweeper.stop()), upstream.stop()]));
  return { upstream, sweeper, place, stop };
}

/** The product in a process of its own. */
export async function openSweeper(place: SweepSides["place"]): Promise<Program> {
  const sweeper = await startProgram("sweeper");
  await sweeper.ask("open", place);
  return sweeper;
}

/** Sweeps so many times. Each sweep must be complete, and have found what is said, and nothing where nothing is. */
export async function sweep(sweeper: Program, times: number, found: Partial<Sweep>): Promise<Swept> {
  const swept = await sweeper.ask<Swept>("sweep", times);
  const wanted: Partial<Sweep> = { complete: true, added: 0, changed: 0, removed: 0, held: 0, error: null, ...found };
  for (const one of swept.sweeps) {
    const wrong = Object.entries(wanted).filter(([name, value]) => one[name as keyof Sweep] !== value);
    must(wrong.length === 0, `a sweep found ${JSON.stringify(one)} and not ${JSON.stringify(wanted)}`);
  }
  return swept;
}
