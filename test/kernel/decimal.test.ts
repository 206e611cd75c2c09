import { expect, it } from "vitest";
import { movePoint } from "../../src/kernel/decimal.ts";

it.each([
  ["123.78912", -2, "1.2378912"],
  [186, -2, "1.86"],
  ["100", -2, "1.00"],
  ["5", -2, "0.05"],
  ["-0.5", -2, "-0.005"],
  ["0", -2, "0.00"],
  ["12.5", 0, "12.5"],
  ["12.5", 2, "1250"],
  ["12.555", 2, "1255.5"],
  ["007", 0, "7"],
  [".5", 0, "0.5"],
  ["5.", 0, "5"],
  ["+5", 0, "5"],
  [1e-7, -2, "0.000000001"],
  [1e21, 0, "1000000000000000000000"],
  ["9007199254740993.123456789012345678", -2, "90071992547409.93123456789012345678"],
])("moves the point of %j by %i: %s", (value, places, expected) => {
  expect(movePoint(value, places)).toBe(expected);
});

it.each([
  null,
  undefined,
  "",
  ".",
  "-",
  "1,5",
  "1.2.3",
  "12 USD",
  "0x10",
  "1e9999",
  Number.NaN,
  Infinity,
  true,
  [1],
  {},
])("makes nothing of %j, which is no decimal number", (value) => {
  expect(movePoint(value, -2)).toBeNull();
});
