import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { type Checked, checkHistories } from "./check.ts";

const USAGE = "npm run histories -- [--count N] [--seed N] [--path P]";
const COUNT = 10_000;
const SAID_EVERY = 500;

/** Random histories of a provider, many of them: with a seed of its own, or the one that is to be repeated. */
async function main(): Promise<void> {
  const options = { seed: { type: "string" }, count: { type: "string" }, path: { type: "string" } } as const;
  const { seed: given, count: wanted, path } = parseArgs({ options }).values;
  const seed = given === undefined ? randomInt(2 ** 31) : Number(given);
  const count = wanted === undefined ? COUNT : Number(wanted);
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(count)) throw new Error(`Run it so: ${USAGE}`);
  console.log(`${count} histories; the seed is ${seed}`);
  const startedAt = performance.now();
  const say = (sofar: Checked) => {
    const { histories, commands, sweeps, crashes, events } = sofar;
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const figures = `${commands} commands, ${sweeps} sweeps, ${crashes} crashes, ${events} events compared`;
    console.log(`${histories} histories: ${figures}; ${seconds} s`);
  };
  const replay = path === undefined ? {} : { path };
  const all = await checkHistories({ seed, count, ...replay }, (sofar) => {
    if (sofar.histories % SAID_EVERY === 0) say(sofar);
  });
  if (all.histories % SAID_EVERY !== 0) say(all);
  console.log("No event was false, and none was missing.");
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
