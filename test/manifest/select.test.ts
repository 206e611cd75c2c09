import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import { compileSelector, compileStrictSelector, isMany, type Selector } from "../../src/manifest/select.ts";

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

describe("compileStrictSelector", () => {
  const strict = (selector: Selector) => compileStrictSelector(selector)(MESSAGE);

  it.each<[string, Selector]>([
    ["a member that one of many lacks", ["content", "*", "text"]],
    ["the same after a filter", ["content", "[type!=thinking]", "text"]],
    ["a list that one of many lacks", ["rows", "*", "cells", "*"]],
    ["what is no list in one of many", ["content", "*", "type", "*"]],
  ])("finds nothing for %s, where the other leaves it out", (_, selector) => {
    expect(select(selector)).toBeInstanceOf(Array);
    expect(strict(selector)).toBeUndefined();
  });

  it.each<[Selector]>([
    [["id"]],
    [["usage", "missing"]],
    [["content", "*", "type"]],
    [["content", "[type=text]", "*", "text"]],
    [["content", "[type=image]", "source"]],
  ])("finds what the other finds at %j", (selector) => {
    expect(strict(selector)).toEqual(select(selector));
  });
});
