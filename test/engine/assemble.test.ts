import { describe, expect, test } from "vitest";
import { assemble } from "../../src/engine/assemble.ts";
import type { Json } from "../../src/kernel/json.ts";
import type { AssembleRule, AssembleStep } from "../../src/manifest/assembly.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { findOperation } from "../../src/manifest/triggers.ts";
import { messageEvents } from "../../src/sandbox/message-stream.ts";
import { messageOf } from "../support/message.ts";

const CLAUDE = findOperation(loadConnector("connector.json").connector, "messages.create")?.operation.response.assemble;

type Event = [name: string | null, data: Json];

/** What the events come to, by a rule or by single steps that all events do; `end` ends it. */
function record(rule: AssembleRule | Partial<AssembleStep>[], ...events: Event[]): Json | undefined {
  const step = (given: Partial<AssembleStep>): AssembleStep => ({ on: null, do: "set", from: ["v"], at: [], ...given });
  const { take } = assemble(Array.isArray(rule) ? { steps: rule.map(step), end: { event: "end" } } : rule);
  for (const [event, data] of events) expect(take({ event, data: JSON.stringify(data) })).toBeUndefined();
  return take({ event: "end", data: "{}" });
}

const v = (value: Json, more: Record<string, Json> = {}): Event => ["any", { v: value, ...more }];

describe("a step", () => {
  test("set puts a value at a place and makes the way to it", () => {
    expect(record([{ at: ["a", 0, "b"] }], v(1))).toEqual({ a: [{ b: 1 }] });
    expect(record([{ at: ["a", 0, "b"] }], v(1), v(null))).toEqual({ a: [{ b: null }] });
  });

  test("merge puts the members there, and null says nothing of what is known", () => {
    expect(record([{ do: "merge" }], v({ a: 1, b: 2 }), v({ a: null, b: 3, c: null }))).toEqual({
      a: 1,
      b: 3,
      c: null,
    });
  });

  test("append lengthens a text, of none as of null", () => {
    expect(record([{ do: "append", at: ["t"] }], v("ab"), v(""), v("c"))).toEqual({ t: "abc" });
    const started: Partial<AssembleStep>[] = [{ from: ["start"] }, { do: "append", at: ["t"] }];
    expect(record(started, ["any", { start: { t: null } }], v("x"))).toEqual({ t: "x" });
  });

  test("push adds to an array, of none as of null", () => {
    const started: Partial<AssembleStep>[] = [{ from: ["start"] }, { do: "push", at: ["l"] }];
    expect(record(started, ["any", { start: { l: null } }], v(1), v([2]))).toEqual({ l: [1, [2]] });
  });

  test("json gathers the text of a value, which stands there at the end", () => {
    expect(record([{ do: "json", at: ["i"] }], v('{"a":'), v(' "}"}'))).toEqual({ i: { a: "}" } });
  });

  test("json that was cut short leaves what stood there", () => {
    const started: Partial<AssembleStep>[] = [{ from: ["start"] }, { do: "json", at: ["i"] }];
    expect(record(started, ["any", { start: { i: {} } }], v('{"a": "b'))).toEqual({ i: {} });
  });

  test("is done only for the events it names, and only when they have the value", () => {
    expect(record([{ on: "this", at: ["a"] }], ["that", { v: 1 }], ["this", { w: 2 }], ["this", { v: 3 }])).toEqual({
      a: 3,
    });
  });

  test("goes where the event says", () => {
    const at = ["l", { $event: ["n"] }, { $event: ["k"] }];
    expect(record([{ at }], v("a", { n: 0, k: "x" }), v("b", { n: 1, k: "y" }), v("c", { n: 0, k: "z" }))).toEqual({
      l: [{ x: "a", z: "c" }, { y: "b" }],
    });
  });

  test("keeps a key that is no ordinary one an ordinary member", () => {
    const built = record([{ at: [{ $event: ["k"] }, "polluted"] }], v(1, { k: "__proto__" }));
    expect(Object.keys(built as object)).toEqual(["__proto__"]);
    expect({}).not.toHaveProperty("polluted");
  });
});

describe("there is no record", () => {
  const at = ["l", { $event: ["n"] }];
  test.each<[string, Partial<AssembleStep>[], Event[]]>([
    ["an index beyond the end", [{ at }], [v(1, { n: 1 })]],
    ["an index that is none", [{ at }], [v(1, { n: -1 })]],
    ["half an index", [{ at }], [v(1, { n: 0 }), v(1, { n: 0.5 })]],
    ["a place that the event does not name", [{ at }], [v(1)]],
    ["a text where members should be", [{ at: ["a"] }, { at: ["a", "b"] }], [v("x")]],
    ["a number for a text", [{ do: "append", at: ["a"] }], [v(1)]],
    ["a number for JSON", [{ do: "json", at: ["a"] }], [v(1)]],
    ["a text for members", [{ do: "merge" }], [v("x")]],
    ["nothing at all", [{ at: ["a"] }], []],
  ])("of %s", (_, steps, events) => {
    expect(record(steps, ...events)).toBeUndefined();
  });

  test("without the event that ends a stream well, and never a second time", () => {
    const { take } = assemble({ steps: [{ on: null, do: "set", from: [], at: [] }], end: { data: "[DONE]" } });
    expect(take({ event: null, data: '{"a":1}' })).toBeUndefined();
    expect(take({ event: "[DONE]", data: "not JSON" })).toBeUndefined();
    expect(take({ event: null, data: "[DONE]" })).toEqual({ a: 1 });
    expect(take({ event: null, data: "[DONE]" })).toBeUndefined();
  });

  test("of more than 32 MiB", () => {
    const { take } = assemble({ steps: [{ on: null, do: "append", from: [], at: ["t"] }], end: { event: "end" } });
    const data = JSON.stringify("x".repeat(1024 * 1024));
    for (let n = 0; n < 33; n++) expect(take({ event: "more", data })).toBeUndefined();
    expect(take({ event: "end", data: "{}" })).toBeUndefined();
  });
});

describe("what the shipped connector says of a message", () => {
  test("covers citations too", () => {
    const text = (index: number, delta: Json): Event => ["content_block_delta", { index, delta }];
    const cited = [
      { type: "char_location", cited_text: "a" },
      { type: "char_location", cited_text: "b" },
    ];
    const { take } = assemble(CLAUDE!);
    const events: Event[] = [
      ["message_start", { message: { id: "msg_1", content: [] } }],
      ["content_block_start", { index: 0, content_block: { type: "text", text: "", citations: null } }],
      ...cited.map((citation) => text(0, { type: "citations_delta", citation })),
      text(0, { type: "text_delta", text: "ab" }),
    ];
    for (const [event, data] of events) take({ event, data: JSON.stringify(data) });
    expect(take({ event: "message_stop", data: "{}" })).toEqual({
      id: "msg_1",
      content: [{ type: "text", text: "ab", citations: cited }],
    });
  });

  test("makes no record of a stream that ends in an error", () => {
    const { take } = assemble(CLAUDE!);
    const events = [...messageEvents(messageOf([{ type: "text", text: "Hi", citations: null }]))].slice(0, -1);
    for (const event of events) take({ event: event.type, data: JSON.stringify(event) });
    expect(take({ event: "error", data: '{"type":"error"}' })).toBeUndefined();
  });
});

test("another API's chunks, without names and ended by their data", () => {
  const rule: AssembleRule = {
    steps: [
      { on: null, do: "merge", from: [], at: [] },
      { on: null, do: "set", from: ["choices", 0, "index"], at: ["choices", 0, "index"] },
      { on: null, do: "append", from: ["choices", 0, "delta", "content"], at: ["text"] },
    ],
    end: { data: "[DONE]" },
  };
  const { take } = assemble(rule);
  const chunk = (content: string) => JSON.stringify({ id: "c1", choices: [{ index: 0, delta: { content } }] });
  take({ event: null, data: chunk("He") });
  take({ event: null, data: chunk("llo") });
  expect(take({ event: null, data: "[DONE]" })).toMatchObject({ id: "c1", text: "Hello" });
});
