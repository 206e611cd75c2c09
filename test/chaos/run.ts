import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";

const SUITE = ["test/chaos/chaos.test.ts"];
const USAGE = "npm run chaos -- [--seed N] [name of a test]";

/** The chaos suite, whole: with a seed of its own, or the one that is to be repeated. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { seed: { type: "string" } } });
  const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error(`Run it so: ${USAGE}`);
  console.log(
    `The seed is ${seed}; \`npm run chaos -- --seed ${seed}\` does the same again, but for the machine's speed.`,
  );
  const vitest = await startVitest("test", SUITE, {
    watch: false,
    maxConcurrency: 2,
    reporters: ["verbose"],
    provide: { chaos: { seed } },
    ...(positionals.length > 0 ? { testNamePattern: positionals.join(" ") } : {}),
  });
  await vitest.close();
}

await main();
