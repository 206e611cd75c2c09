import { expect, test } from "vitest";
import { parseExactly } from "../../src/kernel/exact-json.ts";

test.each([
  ["9007199254740991", 9007199254740991],
  ["9007199254740993", "9007199254740993"],
  ["-9007199254740993", "-9007199254740993"],
  ['{"id":9007199254740993,"n":1}', { id: "9007199254740993", n: 1 }],
  ['{ "ids" : [ 9007199254740992 ,9007199254740993\n] }', { ids: ["9007199254740992", "9007199254740993"] }],
])("an integer that no number holds keeps its text, wherever it stands: %s", (text, value) => {
  expect(parseExactly(text)).toEqual(value);
});

test("what is no such integer is as JSON.parse reads it", () => {
  for (const value of [1.2345678901234567, 1e21, 1700000000000000, "9007199254740993", "at: 9007199254740993, or so"]) {
    const beside = `{"id":9007199254740993,"value":${JSON.stringify(value)}}`;
    expect(parseExactly(JSON.stringify([value]))).toEqual([value]);
    expect(parseExactly(beside)).toEqual({ id: "9007199254740993", value });
  }
  expect(parseExactly('{"__proto__":1,"id":9007199254740993}')).toEqual(
    JSON.parse('{"__proto__":1,"id":"9007199254740993"}'),
  );
  expect(() => parseExactly("[9007199254740993")).toThrow(SyntaxError);
});
