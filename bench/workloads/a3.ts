import { AT_ONCE, callForwarder, callProxy } from "../message-load.ts";
import { startSides } from "../sides.ts";
import { inTurns, type Measurement, type Plan, type Workload } from "../workload.ts";
import { measureCalls } from "./a1.ts";
import { a3FirstByte } from "./a3-first-byte.ts";
import { a3Memory } from "./a3-memory.ts";

/** A3: the provider's API through the proxy: small calls, large files, streams. */
export const a3: Workload = async (plan) => {
  return [await small(plan), ...(await a3Memory(plan)), await a3FirstByte(plan)];
};

/** The call of A1 to the proxy, so that only key, connection, headers and the log line are left of the product's work. */
async function small(plan: Plan): Promise<Measurement> {
  const { server, forwarder, upstream, stop } = await startSides(plan, "upstream");
  const ms = plan.quick ? 1_200 : 4_000;
  const product = () => measureCalls(server.pid, upstream, () => callProxy(server.url, ms));
  const limit = () => measureCalls(forwarder.pid, upstream, () => callForwarder(forwarder.url, ms));
  for (const side of [limit, product, product]) await side(); // until the compiler has done its work
  const rounds = await inTurns(plan, "calls/s", product, limit);
  await stop();
  return {
    id: "A3_call",
    what: `proxy, 1 KB call, ${AT_ONCE} at once`,
    against: "bare Hono → undici forwarder",
    unit: "calls/s",
    target: { ratioAtLeast: 0.8 },
    cpuFloor: 0.65,
    rounds,
  };
}
