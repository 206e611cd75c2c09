import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { buildPackage } from "../package.ts";
import { connectTo, startProduct } from "../product.ts";
import { startProgram } from "../program.ts";
import { EMPTY_SERVER, type Server, startServer } from "../server.ts";
import { inTurns, type Measurement, must, type Workload } from "../workload.ts";

/**
 * C1: from the start of the process to its ready line, on a database with a connection that exists. Against a Node process
 * that listens and does nothing. `C1` starts a clone, whose TypeScript Node strips as it loads; `C1_dist` the built package.
 */
export const c1: Workload = async (plan) => {
  const upstream = await startProgram("upstream");
  const folder = mkdtempSync(join(plan.folder, "c1-"));
  const first = await startProduct(folder);
  await connectTo(first, upstream.url);
  await first.stop();
  // A start is short and swings much.
  const measured = { ...plan, rounds: plan.rounds * 2 };
  const limit = () => startMs(startServer([EMPTY_SERVER]));
  const bin = buildPackage(plan.folder);
  const measure = async (id: string, what: string, product: () => Promise<Server>): Promise<Measurement> => {
    await product().then(check);
    const rounds = await inTurns(measured, "ms", () => startMs(product()), limit);
    return { id, what, against: "an empty Node server", unit: "ms", target: { atMost: 350 }, rounds };
  };
  const measurements = [
    await measure("C1", "start to ready, from a clone", () => startProduct(folder)),
    await measure("C1_dist", "start to ready, the built package", () => startProduct(folder, bin)),
  ];
  await upstream.stop();
  return measurements;
};

async function startMs(starting: Promise<Server>): Promise<{ value: number }> {
  const server = await starting;
  await server.stop();
  return { value: server.startMs };
}

/** Ready means that it answers. */
async function check(server: Server): Promise<void> {
  const answer = await fetch(`${server.url}/health/ready`);
  must(answer.status === 200, `it said that it is ready and answered ${answer.status}`);
  await server.stop();
}
