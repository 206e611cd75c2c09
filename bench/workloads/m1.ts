import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { callMessages } from "../message-load.ts";
import { connectTo, startProduct } from "../product.ts";
import { startProgram } from "../program.ts";
import { EMPTY_SERVER, type Server, startServer } from "../server.ts";
import type { Sample } from "../statistics.ts";
import { usageOf } from "../usage.ts";
import { inTurns, type Workload } from "../workload.ts";

const MB = 1024 * 1024;

/**
 * M1: resident memory some seconds after the ready line, with its pollers at work. `M1_loaded`: the same process after some
 * seconds of calls, 32 at once, and a rest. Both against a Node process that listens and does nothing.
 */
export const m1: Workload = async (plan) => {
  const upstream = await startProgram("upstream");
  const folder = mkdtempSync(join(plan.folder, "m1-"));
  const first = await startProduct(folder);
  await connectTo(first, upstream.url);
  await first.stop();
  const restMs = plan.quick ? 2_000 : 5_000;
  const loaded: Sample[] = [];
  const product = async () => {
    const server = await startProduct(folder);
    const idle = await rested(server, restMs);
    await callMessages(server.url, plan.quick ? 1_000 : 4_000);
    loaded.push(await rested(server, restMs));
    await server.stop();
    return idle;
  };
  const limit = async () => {
    const server = await startServer([EMPTY_SERVER]);
    const idle = await rested(server, restMs);
    await server.stop();
    return idle;
  };
  const idle = await inTurns(plan, "MB", product, limit);
  const afterwards = idle.flatMap(({ limit: empty }, n) =>
    loaded.slice(n, n + 1).map((product) => ({ product, limit: empty })),
  );
  await upstream.stop();
  const about = { against: "an empty Node server", unit: "MB" };
  return [
    { id: "M1", what: "memory, idle", ...about, target: { atMost: 120 }, rounds: idle },
    { id: "M1_loaded", what: "memory after load", ...about, target: { atMost: 180 }, rounds: afterwards },
  ];
};

async function rested(server: Server, restMs: number): Promise<Sample> {
  await new Promise((resolve) => setTimeout(resolve, restMs));
  return { value: usageOf(server.pid).rssBytes / MB };
}
