import { expect, test } from "vitest";
import { oneAtATime } from "../../src/kernel/one-at-a-time.ts";
import { settle } from "../support/manual-clock.ts";

/** A run that ends when it is told to. */
function aRun() {
  const ends: { good(value: string): void; bad(error: Error): void }[] = [];
  const run = () =>
    new Promise<string>((resolve, reject) => {
      ends.push({ good: resolve, bad: reject });
    });
  return { ends, run };
}

test("those who ask for the same thing share one run, also one that fails; the next to ask runs anew", async () => {
  const { ends, run } = aRun();
  const store = {};
  const asking = Array.from({ length: 5 }, () => oneAtATime(store, "con_1", "a", run));
  expect(ends).toHaveLength(1);
  ends[0]?.bad(new Error("down"));
  const outcomes = await Promise.allSettled(asking);
  expect(outcomes.map((outcome) => outcome.status)).toEqual(asking.map(() => "rejected"));
  const again = oneAtATime(store, "con_1", "a", run);
  expect(ends).toHaveLength(2);
  ends[1]?.good("token");
  expect(await again).toBe("token");
});

test("different things of one connection wait for each other, whatever came of them; other connections do not", async () => {
  const { ends, run } = aRun();
  const store = {};
  const first = oneAtATime(store, "con_1", "a", run);
  const second = oneAtATime(store, "con_1", "b", run);
  const waiting = oneAtATime(store, "con_1", "b", run);
  const other = oneAtATime(store, "con_2", "a", run);
  const elsewhere = oneAtATime({}, "con_1", "a", run);
  expect(ends).toHaveLength(3);
  ends[0]?.bad(new Error("down"));
  await expect(first).rejects.toThrow("down");
  await settle();
  expect(ends).toHaveLength(4);
  for (const [n, end] of ends.entries()) end.good(String(n));
  expect(await Promise.all([second, waiting, other, elsewhere])).toEqual(["3", "3", "1", "2"]);
});

test("what is shared with nobody runs each time", async () => {
  const { ends, run } = aRun();
  const store = {};
  const first = oneAtATime(store, "sub_1", null, run);
  const second = oneAtATime(store, "sub_1", null, run);
  expect(ends).toHaveLength(1);
  ends[0]?.good("one");
  expect(await first).toBe("one");
  await settle();
  ends[1]?.good("two");
  expect(await second).toBe("two");
});
