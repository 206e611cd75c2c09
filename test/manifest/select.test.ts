import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { Field } from "../../src/manifest/connector.ts";
import { compileField, compileFields, compileSelector, isMany, type Selector } from "../../src/manifest/select.ts";

const MESSAGE: Json = {
  id: "msg_1",
  content: [
    { type: "thinking", thinking: "hm" },
    { type: "text", text: "Hello, " },
    { type: "tool_use", id: "toolu_1" },
    { type: "text", text: "world." },
  ],
  usage: { input_tokens: 12, cache: null },
  rows: [{ cells: [1, 2] }, { cells: [] }, { cells: [3] }, {}],
};

const select = (selector: Selector, record: Json = MESSAGE) => compileSelector(selector)(record);

describe("compileSelector", () => {
  it.each<[Selector, Json | undefined]>([
    [[], MESSAGE],
    [["id"], "msg_1"],
    [["usage", "input_tokens"], 12],
    [["usage", "cache"], null],
    [["usage", "cache", "x"], undefined],
    [["usage", "missing"], undefined],
    [["content", 1, "text"], "Hello, "],
    [["content", -1, "text"], "world."],
    [["content", 4], undefined],
    [["content", -5], undefined],
    [["content", "text"], undefined],
    [["content", "length"], undefined],
    [["usage", 0], undefined],
    [
      ["content", "*", "type"],
      ["thinking", "text", "tool_use", "text"],
    ],
    [
      ["content", "*", "text"],
      ["Hello, ", "world."],
    ],
    [
      ["content", "[type=text]", "text"],
      ["Hello, ", "world."],
    ],
    [
      ["content", "[type=text]", "*", "text"],
      ["Hello, ", "world."],
    ],
    [["content", "[type=text]", 0, "text"], "Hello, "],
    [["content", "[type=text]", -1, "text"], "world."],
    [["content", "[type=text]", 2, "text"], undefined],
    [
      ["content", "[type!=text]", "type"],
      ["thinking", "tool_use"],
    ],
    [["content", "[type!=text]", "[id=toolu_1]", "type"], ["tool_use"]],
    [["content", "[type=image]", "source"], []],
    [
      ["content", "*", "[type=text]", "text"],
      ["Hello, ", "world."],
    ],
    [["usage", "*"], undefined],
    [["usage", "[a=b]"], undefined],
    [
      ["rows", "*", "cells"],
      [[1, 2], [], [3]],
    ],
    [
      ["rows", "*", "cells", "*"],
      [1, 2, 3],
    ],
    [
      ["rows", "*", "cells", 0],
      [1, 3],
    ],
    [
      ["rows", "*", "cells", -1],
      [2, 3],
    ],
  ])("%j finds %j", (selector, found) => {
    expect(select(selector)).toEqual(found);
  });

  it("compares a filter's text with scalars of any kind, and takes a missing key for unequal", () => {
    const record: Json = [{ n: 1 }, { n: "1" }, { n: true }, { n: null }, { n: [1] }, {}, 7];
    expect(select(["[n=1]"], record)).toEqual([{ n: 1 }, { n: "1" }]);
    expect(select(["[n=true]"], record)).toEqual([{ n: true }]);
    expect(select(["[n=null]"], record)).toEqual([{ n: null }]);
    expect(select(["[n!=1]"], record)).toEqual([{ n: true }, { n: null }, { n: [1] }, {}, 7]);
    expect(select(["[k=a=b]"], [{ k: "a=b" }, { k: "a" }])).toEqual([{ k: "a=b" }]);
    expect(select(["[k=]"], [{ k: "" }, { k: "a" }])).toEqual([{ k: "" }]);
  });

  it.each([["constructor"], ["__proto__"], ["toString"], ["content", "constructor"], ["id", "length"]])(
    "does not walk to what is inherited: %s %s",
    (...selector) => {
      expect(select(selector)).toBeUndefined();
    },
  );

  it("finds an own member whatever its name", () => {
    expect(select(["__proto__"], JSON.parse('{"__proto__": 1}') as Json)).toBe(1);
    expect(select(["[odd"], { "[odd": 1 })).toBe(1);
  });

  it("knows which selectors find many", () => {
    expect([["a", 0], ["a", "*"], ["[a=b]"], ["[a!=b]", 0], []].map(isMany)).toEqual([false, true, true, true, false]);
  });
});

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
