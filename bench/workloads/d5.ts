import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type Program, startProgram } from "../program.ts";
import { inTurns, must, type Plan, type Workload } from "../workload.ts";

const SUBSCRIBERS = 1_000;
const HANGING = 10;
const PENDING = 100_000;
/** Nobody listens there. */
const REFUSES = "http://127.0.0.1:9/hook";
const PER_SECOND = 1_000;
const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

/**
 * D5: 990 healthy subscribers beside 10 that never answer and one that refuses connections and has 100,000 deliveries pending,
 * against the same without those. `D5`: how long 99 of 100 webhooks of the healthy take at most at 1,000 events a second.
 * `D5_throughput`: how many of theirs are answered in a second when events come as fast as they are stored.
 */
export const d5: Workload = async (plan) => {
  const [receiver, hanging] = [await startProgram("receiver"), await startProgram("hanging")];
  const [ill, well] = [await start(plan, receiver, hanging, true), await start(plan, receiver, hanging, false)];
  const count = plan.quick ? 4_000 : 20_000;
  const seconds = plan.quick ? 1 : 4;
  await flood(well, count);
  await flood(ill, count);
  const alone = aloneFrom(ill);
  const slowest = await inTurns(
    plan,
    "ms",
    () => drip(ill, seconds),
    () => alone(() => drip(well, seconds)),
  );
  const rates = await inTurns(
    plan,
    "deliveries/s",
    () => flood(ill, count),
    () => alone(() => flood(well, count)),
  );
  await Promise.all([ill, well, receiver, hanging].map((program) => program.stop()));
  const against = "the same without ill subscribers";
  return [
    {
      id: "D5",
      what: "p99 beside ill subscribers",
      against,
      unit: "ms",
      target: { ratioAtMost: 1.5 },
      rounds: slowest,
    },
    {
      id: "D5_throughput",
      what: "deliveries beside ill subscribers",
      against,
      unit: "deliveries/s",
      target: { ratioAtLeast: 0.9 },
      rounds: rates,
    },
  ];
};

/** Holds a process that has work of its own while something else is measured. */
function aloneFrom({ pid }: Program): <T>(measure: () => Promise<T>) => Promise<T> {
  return async (measure) => {
    process.kill(pid, "SIGSTOP");
    try {
      return await measure();
    } finally {
      process.kill(pid, "SIGCONT");
    }
  };
}

async function start(plan: Plan, receiver: Program, hanging: Program, withIll: boolean): Promise<Program> {
  const program = await startProgram("neighbours");
  const path = join(mkdtempSync(join(plan.folder, "d5-")), "tidewire.db");
  await program.ask("prepare", {
    path,
    url: receiver.url,
    secret: SECRET,
    healthy: SUBSCRIBERS - HANGING,
    hanging: { url: hanging.url, count: withIll ? HANGING : 0 },
    dead: { url: REFUSES, pending: withIll ? PENDING : 0 },
  });
  return program;
}

async function drip(program: Program, seconds: number) {
  const { p99Ms } = await program.ask<{ p99Ms: number }>("drip", { perSecond: PER_SECOND, seconds });
  must(p99Ms > 0, "nothing was answered");
  return { value: p99Ms };
}

async function flood(program: Program, count: number) {
  const { ms, cpuMs, answered } = await program.ask<{ ms: number; cpuMs: number; answered: number }>("flood", {
    count,
  });
  must(answered >= count * (1 - HANGING / SUBSCRIBERS), `${answered} of ${count} were answered`);
  return { value: (1_000 * answered) / ms, cpuUs: (1_000 * cpuMs) / answered };
}
