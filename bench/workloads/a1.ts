import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Load } from "../load.ts";
import { REQUEST } from "../message-call.ts";
import { AT_ONCE, callForwarder, callMessages } from "../message-load.ts";
import { connectTo, startProduct } from "../product.ts";
import { type Program, startProgram } from "../program.ts";
import type { Sample } from "../statistics.ts";
import { usageOf } from "../usage.ts";
import { inTurns, must, type Workload } from "../workload.ts";

/**
 * A1: `messages.create` over HTTP, whole: key, input, connection, template, POST to the provider, fields, log line. Against a
 * forwarder that takes the same body with the same server and sends it on with the same client. Load and provider are
 * processes of their own and the same for both.
 */
export const a1: Workload = async (plan) => {
  const upstream = await startProgram("upstream");
  const forwarder = await startProgram("forwarder");
  await forwarder.ask("forwardTo", upstream.url);
  const server = await startProduct(mkdtempSync(join(plan.folder, "a1-")));
  await connectTo(server, upstream.url);
  const ms = plan.quick ? 1_200 : 4_000;
  const product = () => measureCalls(server.pid, upstream, () => callMessages(server.url, ms));
  const limit = () => measureCalls(forwarder.pid, upstream, () => callForwarder(forwarder.url, ms));
  for (const side of [limit, product, product]) await side(); // until the compiler has done its work
  const rounds = await inTurns(plan, "calls/s", product, limit);
  await Promise.all([server.stop(), forwarder.stop(), upstream.stop()]);
  return [
    {
      id: "A1",
      what: `operation call, ${AT_ONCE} at once`,
      against: "bare Hono → undici forwarder",
      unit: "calls/s",
      target: { ratioAtLeast: 0.65 },
      cpuFloor: 0.52,
      rounds,
    },
  ];
};

/** What a process made of calls: how many a second, and the CPU of each. Throws when another number of them, or something else, reached the provider. */
export async function measureCalls(pid: number, upstream: Program, call: () => Promise<Load>): Promise<Sample> {
  await upstream.ask("report"); // forgets what came before
  const before = usageOf(pid).cpuMs;
  const { operations, ms } = await call();
  const cpuMs = usageOf(pid).cpuMs - before;
  const came = await upstream.ask<{ count: number; alike: boolean; body: string }>("report");
  must(came.count === operations, `${operations} calls were answered and ${came.count} reached the provider`);
  must(came.alike && isDeepStrictEqual(JSON.parse(came.body), JSON.parse(REQUEST)), `the provider got ${came.body}`);
  return { value: (1_000 * operations) / ms, cpuUs: (1_000 * cpuMs) / operations };
}
