import { expect, test } from "vitest";
import { remembered } from "../../src/kernel/remembered.ts";

test("a result is made once and forgotten when enough others came after it", () => {
  const made: string[] = [];
  const upper = remembered(2, (key) => {
    made.push(key);
    return { text: key.toUpperCase() };
  });
  expect(upper("a")).toBe(upper("a"));
  expect(upper("b").text).toBe("B");
  upper("c");
  expect(upper("a").text).toBe("A");
  expect(made).toEqual(["a", "b", "c", "a"]);
});

test("what throws is tried again", () => {
  let tries = 0;
  const second = remembered(1, () => {
    if (++tries === 1) throw new Error("not yet");
    return { tries };
  });
  expect(() => second("k")).toThrow("not yet");
  expect(second("k")).toEqual({ tries: 2 });
});
