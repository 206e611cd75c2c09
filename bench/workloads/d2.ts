import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { startProgram } from "../program.ts";
import { median, quantile, type Round, type Sample } from "../statistics.ts";
import { inTurns, must, type Workload } from "../workload.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
/** After each event, so that the next one finds everything at rest. */
const REST_MS = 10;
const PAGE = 100;

type Times = Record<string, number>;

/**
 * D2: from an event, before its commit, until its webhook comes to a receiver in a process of its own, one at a time; the median
 * of a round. Against one durable write of a page and a signed POST. `D2_p99`: the time in which 99 of 100 come. `D3`: the same
 * 99 of 100 at half of the rate that the product reaches at most, against the bare sender at that rate.
 */
export const d2: Workload = async (plan) => {
  const receiver = await startProgram("timekeeper");
  const [teller, bare] = [await startProgram("teller"), await startProgram("bare-teller")];
  const folder = mkdtempSync(join(plan.folder, "d2-"));
  await teller.ask("prepare", { path: join(folder, "tidewire.db"), url: receiver.url, secret: SECRET });
  const bareTask = { url: receiver.url, secret: SECRET, path: join(folder, "bare") };
  const latencies = async (toldAt: Times) => between(toldAt, await receiver.ask<Times>("report"));

  const flood = { count: plan.quick ? 4_000 : 20_000, page: PAGE };
  await teller.ask("flood", flood); // until the compiler has done its work
  const perSecond = Math.floor((await teller.ask<number>("flood", flood)) / 2);
  plan.say(`  half of the maximum is ${perSecond} a second`);
  await receiver.ask("report");

  const idle = { count: plan.quick ? 100 : 300, restMs: REST_MS };
  const alone = { product: [] as number[][], limit: [] as number[][] };
  const medians = await inTurns(
    plan,
    "ms",
    async () => middle(await latencies(await teller.ask("idle", idle)), alone.product),
    async () => middle(await latencies(await bare.ask("idle", { ...bareTask, ...idle })), alone.limit),
  );
  const rate = { perSecond, seconds: plan.quick ? 1 : 4 };
  const loaded = await inTurns(
    plan,
    "ms",
    async () => slowest(await latencies(await teller.ask("drip", rate))),
    async () => slowest(await latencies(await bare.ask("drip", { ...bareTask, ...rate }))),
  );
  await Promise.all([receiver, teller, bare].map((program) => program.stop()));
  const about = { against: "a durable write and a bare signed POST", unit: "ms" };
  return [
    { id: "D2", what: "event to first byte, idle", ...about, target: { addedAtMost: 0.25 }, rounds: medians },
    { id: "D2_p99", what: "the same, 99 of 100", ...about, target: { atMost: 3 }, rounds: slowestOf(alone) },
    { id: "D3", what: "99 of 100 at half of the maximum rate", ...about, target: { atMost: 20 }, rounds: loaded },
  ];
};

/** How long each took, in ms. Throws when one never came. */
function between(toldAt: Times, cameAt: Times): number[] {
  return Object.entries(toldAt).map(([id, at]) => {
    const came = cameAt[id];
    must(came !== undefined, `the webhook of ${id} never came`);
    return came - at;
  });
}

function middle(latencies: number[], kept: number[][]): Sample {
  kept.push(latencies);
  return { value: median(latencies) };
}

function slowest(latencies: readonly number[]): Sample {
  return { value: quantile(latencies, 0.99) };
}

function slowestOf({ product, limit }: { product: number[][]; limit: number[][] }): Round[] {
  return product.map((latencies, n) => ({ product: slowest(latencies), limit: slowest(limit[n] ?? []) }));
}
