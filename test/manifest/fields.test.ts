import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { Field } from "../../src/manifest/connector.ts";
import { compileField, compileFields } from "../../src/manifest/fields.ts";

const MESSAGE: Json = {
  id: "msg_1",
  content: [
    { type: "text", text: "Hello, " },
    { type: "tool_use", id: "toolu_1" },
    { type: "text", text: "world." },
  ],
  usage: { input_tokens: 12 },
};

function field(part: Partial<Field>): Field {
  return {
    name: "f",
    type: "String",
    selector: ["f"],
    cases: null,
    alternatives: [],
    primary: false,
    nullable: true,
    volatile: false,
    link: false,
    scale: 0,
    fields: null,
    description: "",
    ...part,
  };
}

describe("compileField", () => {
  it("joins all text blocks of a message for a String", () => {
    expect(compileField(field({ selector: ["content", "[type=text]", "text"] }))(MESSAGE)).toBe("Hello, world.");
  });

  it.each<[Field["type"], Json]>([
    ["Integer", 5],
    ["Number", 1.5],
    ["Boolean", false],
    ["DateTime", "2026-11-20T10:00:00Z"],
    ["Array", ["a", "b"]],
    ["Array", []],
    ["Object", { a: 1 }],
    ["Json", ["a"]],
    ["String", "text"],
    ["String", ""],
    ["String", 5],
    ["String", [{ a: 1 }]],
  ])("keeps the value of a field of type %s as it is: %j", (type, value) => {
    expect(compileField(field({ type }))({ f: value })).toEqual(value);
  });

  it("gives null when nothing is found", () => {
    expect(compileField(field({}))({})).toBeNull();
    expect(compileField(field({}))(null)).toBeNull();
    expect(compileField(field({ selector: ["content", "[type=image]", "text"] }))(MESSAGE)).toBeNull();
    expect(compileField(field({ selector: ["f", "*"] }))({ f: [null] })).toBeNull();
  });

  it("tries the alternatives in order, past null and missing values", () => {
    const read = compileField(field({ selector: ["file_name"], alternatives: [["filename"], ["name"]] }));
    expect(read({ filename: "a", name: "b" })).toBe("a");
    expect(read({ file_name: null, name: "b" })).toBe("b");
    expect(read({ file_name: "c", filename: "a" })).toBe("c");
    expect(compileField(field({ type: "Boolean", alternatives: [["g"]] }))({ f: false, g: true })).toBe(false);
  });
});

describe("fields within fields", () => {
  const inner = [field({ name: "amount", type: "Decimal", scale: -2, selector: ["amount"] })];

  it.each<[Json, Json]>([
    [
      [{ amount: "5", more: 1 }, { amount: 186 }],
      [{ amount: "0.05" }, { amount: "1.86" }],
    ],
    [{ amount: "n/a" }, { amount: null }],
    [[], []],
    [
      [1, null],
      [1, null],
    ],
    [null, null],
  ])("are selected of an object and of each of an array: %j", (given, expected) => {
    expect(compileField(field({ type: "Array", fields: inner }))({ f: given })).toEqual(expected);
  });

  it("of a Decimal try the alternatives where there is no number", () => {
    const money = field({ type: "Decimal", alternatives: [["g"]] });
    expect(compileField(money)({ f: "free", g: "1.50" })).toBe("1.50");
  });
});

it("compileFields makes a flat record of all fields in their order", () => {
  const read = compileFields([
    field({ name: "tokens", type: "Integer", selector: ["usage", "input_tokens"] }),
    field({ name: "id", selector: ["id"] }),
    field({ name: "gone", selector: ["gone"] }),
    field({ name: "__proto__", selector: ["id"] }),
  ]);
  expect(JSON.stringify(read(MESSAGE))).toBe('{"tokens":12,"id":"msg_1","gone":null,"__proto__":"msg_1"}');
});
