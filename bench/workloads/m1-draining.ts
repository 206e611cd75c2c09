import { rmSync } from "node:fs";
import { setTimeout as rest } from "node:timers/promises";
import { pileUp, SECRET } from "../pile.ts";
import { startProduct } from "../product.ts";
import { type Program, startProgram } from "../program.ts";
import { EMPTY_SERVER, startServer } from "../server.ts";
import type { Sample } from "../statistics.ts";
import { usageOf } from "../usage.ts";
import { inTurns, must, type Workload } from "../workload.ts";

const MB = 1024 * 1024;
const LOOK_MS = 20;
/** A drain that takes longer does not end. */
const LONGEST_MS = 300_000;

/** `M1_draining`: the most memory that the product holds while it sends what a killed one left pending. Against an empty Node server. */
export const m1Draining: Workload = async (plan) => {
  const receiver = await startProgram("receiver");
  const pending = plan.quick ? 20_000 : 100_000;
  const product = async () => {
    const folder = await pileUp(plan, pending, `${receiver.url}/hook`);
    const peak = await drain(folder, receiver, pending);
    rmSync(folder, { recursive: true });
    return peak;
  };
  const limit = async () => {
    const server = await startServer([EMPTY_SERVER]);
    const value = usageOf(server.pid).rssBytes / MB;
    await server.stop();
    return { value };
  };
  const rounds = await inTurns(plan, "MB", product, limit);
  await receiver.stop();
  const what = `memory while ${pending.toLocaleString("en")} pending deliveries go out`;
  return [{ id: "M1_draining", what, against: "an empty Node server", unit: "MB", target: { atMost: 180 }, rounds }];
};

async function drain(folder: string, receiver: Program, pending: number): Promise<Sample> {
  const server = await startProduct(folder);
  const endsAt = performance.now() + LONGEST_MS;
  let peak = 0;
  for (let came = 0; came < pending; await rest(LOOK_MS)) {
    peak = Math.max(peak, usageOf(server.pid).rssBytes);
    came += (await receiver.ask<{ count: number }>("report", SECRET)).count;
    must(performance.now() < endsAt, `${came} of ${pending} came`);
  }
  await server.stop();
  return { value: peak / MB };
}
