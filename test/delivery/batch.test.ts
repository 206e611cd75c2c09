import { expect, test } from "vitest";
import { batched } from "../../src/delivery/batch.ts";

test("the loads of one tick are one query, each key once; what it lacks is undefined", async () => {
  const queries: string[][] = [];
  const load = batched(async (keys: string[]) => {
    queries.push(keys);
    return new Map(keys.filter((key) => key !== "none").map((key) => [key, key.toUpperCase()]));
  });
  expect(await Promise.all([load("a"), load("b"), load("a"), load("none")])).toEqual(["A", "B", "A", undefined]);
  expect(await load("c")).toBe("C");
  expect(queries).toEqual([["a", "b", "none"], ["c"]]);
});

test("a query that fails fails its own loads only", async () => {
  let isBroken = true;
  const load = batched(async (keys: string[]) => {
    if (isBroken) throw new Error("locked");
    return new Map(keys.map((key) => [key, key]));
  });
  await expect(Promise.all([load("a"), load("b")])).rejects.toThrow("locked");
  isBroken = false;
  expect(await load("a")).toBe("a");
});
