import { describe, expect, it } from "vitest";
import { unaliased } from "../../src/actions/alias.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";

const param = (path: string): Json => ({ $param: path });
const ID: JsonObject = { user_id: param("id") };
const UPDATE: JsonObject = { user_id: param("id"), "*": param("payload") };
const QUERY: JsonObject = { "*": param("query") };
const CHAT: JsonObject = { messages: [{ role: "user", content: param("content") }], max_tokens: 4096 };

describe("another shape of arguments", () => {
  it.each<[string, JsonObject, object, object]>([
    ["another name", ID, { id: "u1" }, { user_id: "u1" }],
    [
      "an object of inputs, beside one of its own",
      UPDATE,
      { id: "u1", payload: { role: "user" } },
      { user_id: "u1", role: "user" },
    ],
    ["an object of inputs", QUERY, { query: { limit: 20, after_id: "a" } }, { limit: 20, after_id: "a" }],
    ["one place within an object", { limit: param("query.limit") }, { query: { limit: 20 } }, { limit: 20 }],
    [
      "a value built around what is given",
      CHAT,
      { content: "Hi" },
      { messages: [{ role: "user", content: "Hi" }], max_tokens: 4096 },
    ],
    ["nothing at all", UPDATE, {}, {}],
  ])("%s", (_, shape, given, ours) => {
    expect(unaliased(shape, given)).toEqual(ours);
  });

  it.each<[string, JsonObject, object, object]>([
    ["our own names, which count first", CHAT, { messages: ["m"], max_tokens: 5 }, { messages: ["m"], max_tokens: 5 }],
    ["an object of inputs above a fixed value", { ...CHAT, ...QUERY }, { query: { max_tokens: 5 } }, { max_tokens: 5 }],
    ["what the shape has no place for", ID, { id: "u1", other: 1 }, { user_id: "u1", other: 1 }],
    ["what is given under both names", ID, { id: "u1", user_id: "u2" }, { id: "u1", user_id: "u2" }],
    [
      "the rest of an object that was not taken whole",
      { limit: param("query.limit") },
      { query: { limit: 1, b: 2 } },
      { limit: 1, query: { b: 2 } },
    ],
    ["half of what a value is made of", { pair: [param("a"), param("b")] }, { a: 1 }, { a: 1 }],
  ])("keeps %s", (_, shape, given, ours) => {
    expect(unaliased(shape, given)).toEqual(ours);
  });

  it("leaves alone what the caller gave, and what has no other shape", () => {
    const given = { id: "u1", payload: { role: "user" } };
    unaliased(UPDATE, given);
    expect(given).toEqual({ id: "u1", payload: { role: "user" } });
    expect(unaliased(null, given)).toBe(given);
    expect(unaliased(UPDATE, "text")).toBe("text");
  });

  it("sees what the caller gave, not what every object inherits", () => {
    expect(unaliased({ user_id: param("constructor") }, {})).toEqual({});
    expect(unaliased({ user_id: param("id.constructor") }, { id: {} })).toEqual({ id: {} });
  });

  it("refuses an object of inputs that is none, by its name", () => {
    expect(() => unaliased(UPDATE, { payload: "role" })).toThrow(
      expect.objectContaining({ code: "invalid_input", errors: [expect.objectContaining({ at: "payload" })] }),
    );
  });

  it("reads objects from the texts of a query string", () => {
    expect(unaliased(QUERY, { query: '{"limit": 20}' }, true)).toEqual({ limit: 20 });
    expect(unaliased({ limit: param("query.limit") }, { query: '{"limit": 20}' }, true)).toEqual({ limit: 20 });
    expect(unaliased(ID, { id: "7" }, true)).toEqual({ user_id: "7" });
    expect(() => unaliased(QUERY, { query: "limit=20" }, true)).toThrow(
      expect.objectContaining({ errors: [expect.objectContaining({ at: "query" })] }),
    );
  });
});
