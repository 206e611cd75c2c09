import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "../program.ts";
import { EVERY_MS, LISTS } from "../small-lists.ts";
import type { Sample } from "../statistics.ts";
import { inTurns, must, type Workload } from "../workload.ts";

const CONNECTIONS = 1_000;
const PER_SECOND = (CONNECTIONS * LISTS.length * 1_000) / EVERY_MS;
/** The product looks each second for what is due; a sweep may be late by that, and by as much again. */
const MOST_LATE_MS = 2_000;

/** What the product says of some seconds. */
interface Watched {
  cpuMs: number;
  sweeps: number;
  /** Those that were incomplete, or told what did not happen. */
  failed: number;
  medianLateMs: number;
  mostLateMs: number;
}

/**
 * P4: a thousand connections with five small lists each, none of which changes, each looked at every minute; somebody wants
 * the events of each. CPU of the product's process as a share of one core. Against a loop that asks at the same rate with
 * undici and parses the answers. A sweep that is late by more than two seconds fails the run.
 */
export const p4: Workload = async (plan) => {
  const upstream = await startProgram("small-upstream");
  const watcher = await startProgram("watcher");
  const asker = await startProgram("asker");
  const path = join(mkdtempSync(join(plan.folder, "p4-")), "tidewire.db");
  await watcher.ask("open", { path, url: upstream.url, connections: CONNECTIONS });
  await asker.ask("askAt", upstream.url);
  const seconds = plan.quick ? 10 : 30;
  const sample = (cpuMs: number): Sample => ({
    value: cpuMs / (seconds * 10),
    cpuUs: (1_000 * cpuMs) / (PER_SECOND * seconds),
  });
  const product = async () => {
    const { cpuMs, sweeps, failed, medianLateMs, mostLateMs } = await watcher.ask<Watched>("watch", seconds);
    const wanted = PER_SECOND * seconds;
    must(Math.abs(sweeps - wanted) < wanted / 10, `${sweeps} sweeps were made in ${seconds} s, not ${wanted}`);
    must(failed === 0, `${failed} sweeps were incomplete, or told what did not happen`);
    must(mostLateMs < MOST_LATE_MS, `a sweep was late by ${mostLateMs} ms`);
    plan.say(`  ${sweeps} sweeps, late by ${medianLateMs} ms in the middle and ${mostLateMs} ms at most`);
    return sample(cpuMs);
  };
  const limit = async () => sample(await asker.ask<number>("ask", { perSecond: PER_SECOND, seconds }));
  const rounds = await inTurns(plan, "% of a core", product, limit);
  await Promise.all([watcher.ask("close").then(() => watcher.stop()), asker.stop(), upstream.stop()]);
  return [
    {
      id: "P4",
      what: "1,000 connections, five small lists a minute each: CPU",
      against: "loop that asks as often with undici and parses",
      unit: "% of a core",
      target: { atMost: 3 },
      cpuFloor: 0.2,
      rounds,
    },
  ];
};
