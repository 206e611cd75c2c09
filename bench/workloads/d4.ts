import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram } from "../program.ts";
import type { Sample } from "../statistics.ts";
import { inTurns, must, type Plan, type Workload } from "../workload.ts";

const SUBSCRIBERS = 1_000;
/** As many as the delivery worker sends to one host at once. */
const AT_ONCE = 256;
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

/** What either side says of a run. */
interface Sent {
  ms: number;
  cpuMs: number;
}

/**
 * D4: one event to 1,000 subscribers of one receiver, from before its commit until the last one's answer, against a loop that
 * signs and posts 1,000 bodies of that size. Warm: after events before it, in the same process. `D4_cold`: the first of a
 * process.
 */
export const d4: Workload = async (plan) => {
  const receiver = await startProgram("receiver");
  const [warm, cold] = [await runWarm(plan, receiver), await runCold(plan, receiver)];
  await receiver.stop();
  const about = { against: "bare loop of signed undici POSTs", unit: "ms", target: { ratioAtMost: 1.4 } };
  return [
    { id: "D4", what: "one event to 1,000 subscribers, warm", ...about, cpuFloor: 0.35, rounds: warm },
    { id: "D4_cold", what: "one event to 1,000 subscribers, cold", ...about, cpuFloor: 0.35, rounds: cold },
  ];
};

async function runWarm(plan: Plan, receiver: Program) {
  const [fanner, sender] = [await startFanner(plan, receiver), await startProgram("sender")];
  const sides = { product: () => tell(fanner, receiver), limit: () => send(sender, receiver) };
  for (let n = 0; n < 10; n++) await sides.limit().then(sides.product); // until the compiler has done its work
  const rounds = await inTurns({ ...plan, rounds: 3 * plan.rounds }, "ms", sides.product, sides.limit);
  await Promise.all([fanner.stop(), sender.stop()]);
  return rounds;
}

function runCold(plan: Plan, receiver: Program) {
  const once = async (start: () => Promise<Program>, run: (program: Program) => Promise<Sample>) => {
    const program = await start();
    const sample = await run(program);
    await program.stop();
    return sample;
  };
  return inTurns(
    plan,
    "ms",
    () =>
      once(
        () => startFanner(plan, receiver),
        (fanner) => tell(fanner, receiver),
      ),
    () =>
      once(
        () => startProgram("sender"),
        (sender) => send(sender, receiver),
      ),
  );
}

async function startFanner(plan: Plan, receiver: Program): Promise<Program> {
  const fanner = await startProgram("fanner");
  const path = join(mkdtempSync(join(plan.folder, "d4-")), "tidewire.db");
  await fanner.ask("prepare", { path, url: receiver.url, secret: SECRET, subscribers: SUBSCRIBERS });
  return fanner;
}

async function tell(fanner: Program, receiver: Program): Promise<Sample> {
  const sent = await fanner.ask<Sent & { pending: number }>("tell");
  const came = await receiver.ask<{ count: number; distinct: number }>("report", SECRET);
  must(came.count === SUBSCRIBERS && came.distinct === 1, `${came.count} webhooks of ${came.distinct} events came`);
  must(sent.pending === 0, `${sent.pending} are pending`);
  return sample(sent);
}

async function send(sender: Program, receiver: Program): Promise<Sample> {
  const sent = await sender.ask<Sent>("send", {
    url: receiver.url,
    secret: SECRET,
    count: SUBSCRIBERS,
    atOnce: AT_ONCE,
  });
  const came = await receiver.ask<{ count: number }>("report", SECRET);
  must(came.count === SUBSCRIBERS, `${came.count} webhooks came`);
  return sample(sent);
}

function sample({ ms, cpuMs }: Sent): Sample {
  return { value: ms, cpuUs: (1_000 * cpuMs) / SUBSCRIBERS };
}
