import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram } from "../program.ts";
import type { Sample } from "../statistics.ts";
import { inTurns, must, type Workload } from "../workload.ts";

/** As many as the delivery worker sends at once. */
const AT_ONCE = 256;
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

/** What a sender says of a run. */
interface Sent {
  ms: number;
  cpuMs: number;
}

/**
 * D1: events of one delivery each, told in pages of a hundred, over 32 subscriptions of 10 in flight. Timed from the first
 * event's commit to the last outcome's: event and delivery rows with `synchronous=FULL`, claim, signature, POST,
 * outcome. Against a loop that signs bodies of the same size and posts them with undici, as many at once, and keeps no
 * books. The receiver is a process of its own and the same for both.
 */
export const d1: Workload = async (plan) => {
  const receiver = await startProgram("receiver");
  const sender = await startProgram("sender");
  const deliverer = await startProgram("deliverer");
  const path = join(mkdtempSync(join(plan.folder, "d1-")), "tidewire.db");
  await deliverer.ask("prepare", { path, url: receiver.url, secret: SECRET });
  const count = plan.quick ? 4_000 : 20_000;
  const product = () => {
    return run(receiver, count, async () => {
      const sent = await deliverer.ask<Sent & { delivered: number; pending: number }>("deliver", { count });
      must(sent.delivered === count && sent.pending === 0, `${sent.delivered} of ${count} outcomes are stored`);
      return sent;
    });
  };
  const limit = () =>
    run(receiver, count, () => sender.ask<Sent>("send", { url: receiver.url, secret: SECRET, count, atOnce: AT_ONCE }));
  await limit(); // until the compiler has done its work
  await product();
  const rounds = await inTurns(plan, "deliveries/s", product, limit);
  await Promise.all([receiver.stop(), sender.stop(), deliverer.stop()]);
  return [
    {
      id: "D1",
      what: "durable deliveries",
      against: "bare loop of signed undici POSTs",
      unit: "deliveries/s",
      target: { ratioAtLeast: 0.65 },
      cpuFloor: 0.18,
      rounds,
    },
  ];
};

async function run(receiver: Program, count: number, send: () => Promise<Sent>): Promise<Sample> {
  const { ms, cpuMs } = await send();
  const came = await receiver.ask<{ count: number; distinct: number; verified: number }>("report", SECRET);
  must(
    came.count === count && came.distinct === count,
    `${came.count} webhooks came, ${came.distinct} of them different, of ${count}`,
  );
  must(came.verified > 0, "no signature was verified");
  return { value: (1_000 * count) / ms, cpuUs: (1_000 * cpuMs) / count };
}
