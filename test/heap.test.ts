import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const MODULE = JSON.stringify(new URL("../src/heap.ts", import.meta.url).href);

/** Runs a program in a process of its own; gives what it prints as JSON. */
function run(program: string): unknown {
  return JSON.parse(
    execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", program], { encoding: "utf8" }),
  );
}

/** Prints the nursery's size in MB after work, after V8 gave back what it could, and after work again. */
const REST = `
  import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
  import { keepHeapSmall } from ${MODULE};
  const size = () => getHeapSpaceStatistics().find((space) => space.space_name === "new_space").space_size / 2 ** 20;
  async function work() {
    let kept = [];
    for (let round = 0; round < 60; round++) {
      for (let n = 0; n < 20_000; n++) kept = kept.length > 20_000 ? [] : (kept.push({ n, round, both: [n, round] }), kept);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return size();
  }
  setFlagsFromString("--semi-space-growth-factor=1");
  keepHeapSmall();
  const sizes = [await work()];
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
  sizes.push(size(), await work());
  console.log(JSON.stringify(sizes));
  process.exit(0);
`;

test("the nursery grows again after V8 made it small in a rest: it stayed at 2 MB for good, and calls took half as much again", () => {
  const [grown, rested, again] = run(REST) as [number, number, number];
  expect(grown).toBeGreaterThanOrEqual(16);
  expect(rested).toBeLessThan(4);
  expect(again).toBeGreaterThanOrEqual(16);
});

/** Prints how many times as large as what lives the heap became until V8 collected all of it, after `first`. */
const BACKLOG = (first: string) => `
  import { PerformanceObserver } from "node:perf_hooks";
  import { keepHeapSmall } from ${MODULE};
  let collectedAt = 0;
  new PerformanceObserver((list) => {
    for (const { detail, startTime } of list.getEntries()) if (detail.kind === 4) collectedAt = startTime;
  }).observe({ entryTypes: ["gc"] });
  const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
  const heap = () => process.memoryUsage().heapUsed;
  ${first}
  const alive = Array.from({ length: 100_000 }, (_, n) => Array.from({ length: 40 }, () => n));
  const askedAt = performance.now();
  gc({ type: "major", execution: "sync" });
  while (collectedAt < askedAt) await turn(); // it is told of a while later
  const [lives, before] = [heap(), collectedAt];
  let most = 0;
  for (let n = 0; collectedAt === before; n++) {
    alive[n % alive.length] = Array.from({ length: 40 }, () => n);
    if (n % 2_000 === 0) most = Math.max(most, heap());
    if (n % 2_000 === 0) await turn();
  }
  console.log(JSON.stringify(most / lives));
  process.exit(0);
`;

test("what lived for a while is collected before it is many times what lives: a backlog of deliveries filled 130 MB with garbage", () => {
  expect(run(BACKLOG("keepHeapSmall();"))).toBeLessThan(2.8);
  expect(run(BACKLOG(""))).toBeGreaterThan(3.5); // else this would prove nothing
});
