import { startProgram } from "../program.ts";
import type { Sample } from "../statistics.ts";
import { startSweeping, sweep } from "../sweeps.ts";
import { inTurns, type Measurement, must, type Plan, type Workload } from "../workload.ts";

/** How many files, and how many sweeps of them make a sample that a clock of CPU can tell. */
const SIZES: { files: number; times: number; cpuFloor?: number }[] = [
  { files: 1_000, times: 1_000, cpuFloor: 0.95 },
  { files: 100_000, times: 5 },
  { files: 1_000_000, times: 1 },
];

/**
 * P1: sweeps of files of which none changed, in pages of 1,000. Against a loop that fetches the same pages with undici and
 * parses them, and keeps nothing. Both figures are CPU for one sweep of all of them.
 */
export const p1: Workload = async (plan) => {
  const sizes = plan.quick ? SIZES.slice(0, 2) : SIZES;
  const measured: Measurement[] = [];
  for (const size of sizes) measured.push(await measure(plan, size));
  return measured;
};

async function measure(plan: Plan, { files, times, cpuFloor }: (typeof SIZES)[number]): Promise<Measurement> {
  const { upstream, sweeper, stop } = await startSweeping(plan, files);
  const lister = await startProgram("lister");
  await lister.ask("listFrom", upstream.url);
  const product = async () => sample((await sweep(sweeper, times, { items: files })).cpuMs);
  const limit = async () => {
    const { cpuMs, items } = await lister.ask<{ cpuMs: number; items: number[] }>("list", times);
    must(
      items.every((count) => count === files),
      `${items.join()} files were listed of ${files}`,
    );
    return sample(cpuMs);
  };
  for (const side of [limit, product, limit, product]) await side(); // until the compiler has done its work
  const rounds = await inTurns(plan, "ms", product, limit);
  await Promise.all([stop(), lister.stop()]);
  return {
    id: `P1_${files}`,
    what: `sweep of ${files.toLocaleString("en")} unchanged files: CPU`,
    against: "fetch and JSON.parse of the same pages",
    unit: "ms",
    target: { ratioAtMost: 1 },
    ...(cpuFloor === undefined ? {} : { cpuFloor }),
    rounds,
  };
}

function sample(cpuMs: number): Sample {
  return { value: cpuMs, cpuUs: 1_000 * cpuMs };
}
