import type { Load, LoadOptions } from "../load.ts";
import { callForwarder, callMessages } from "../message-load.ts";
import type { Program } from "../program.ts";
import { startSides } from "../sides.ts";
import { median, type Sample } from "../statistics.ts";
import { inTurns, type Workload } from "../workload.ts";
import { measureCalls } from "./a1.ts";

/**
 * A2: the calls of A1 one at a time: half of them take no longer than this. Its target is what the product adds to the bare
 * forwarder.
 */
export const a2: Workload = async (plan) => {
  const { server, forwarder, upstream, stop } = await startSides(plan, "upstream");
  const ms = plan.quick ? 1_000 : 3_000;
  const product = () => measureOne(server.pid, upstream, (ways) => callMessages(server.url, ms, ways));
  const limit = () => measureOne(forwarder.pid, upstream, (ways) => callForwarder(forwarder.url, ms, ways));
  for (const side of [limit, product, product]) await side(); // until the compiler has done its work
  const rounds = await inTurns(plan, "µs", product, limit);
  await stop();
  const what = "p50 of an operation call, one at a time";
  return [
    {
      id: "A2",
      what,
      against: "bare Hono → undici forwarder",
      unit: "µs",
      target: { addedAtMost: 60 },
      cpuFloor: 0.48,
      rounds,
    },
  ];
};

type OneAtATime = Pick<LoadOptions, "atOnce" | "onAnswer">;

async function measureOne(pid: number, upstream: Program, call: (ways: OneAtATime) => Promise<Load>): Promise<Sample> {
  const times: number[] = [];
  const onAnswer = (ms: number) => void times.push(ms);
  const { cpuUs } = await measureCalls(pid, upstream, () => call({ atOnce: 1, onAnswer }));
  return { value: 1_000 * median(times), ...(cpuUs === undefined ? {} : { cpuUs }) };
}
