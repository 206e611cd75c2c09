import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

/** In a process of its own: prints the nursery's size in MB after work, after V8 gave back what it could, and after work again. */
const PROGRAM = `
  import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
  import { freeNursery } from ${JSON.stringify(new URL("../src/nursery.ts", import.meta.url).href)};
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
  freeNursery();
  const sizes = [await work()];
  gc({ type: "major", execution: "sync", flavor: "last-resort" });
  sizes.push(size(), await work());
  console.log(JSON.stringify(sizes));
  process.exit(0);
`;

test("the nursery grows again after V8 made it small in a rest: it stayed at 2 MB for good, and calls took half as much again", () => {
  const output = execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", PROGRAM], {
    encoding: "utf8",
  });
  const [grown, rested, again] = JSON.parse(output) as [number, number, number];
  expect(grown).toBeGreaterThanOrEqual(16);
  expect(rested).toBeLessThan(4);
  expect(again).toBeGreaterThanOrEqual(16);
});
