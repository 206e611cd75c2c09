import { describe, expect, it } from "vitest";
import { coerceInput } from "../../src/manifest/coerce.ts";
import type { Operation } from "../../src/manifest/connector.ts";
import { checkInput, inputSchema } from "../../src/manifest/inputs.ts";
import { type BinaryInput, isBinaryInput } from "../../src/model/binary.ts";
import { connectorJson, linted, resourceJson, thrownBy } from "./written.ts";

type Part = Record<string, unknown>;

/** An operation with these inputs, as the manifest would declare it. */
function operationOf(input: Part[], passthrough = false): Operation {
  const create = { method: "POST", input, body: { encoding: "json", passthrough } };
  const { connector } = linted(connectorJson(), resourceJson({ operations: { create } }));
  return connector.resources[0]?.operations.create as Operation;
}

/** What is wrong with `value` for one input. */
function mistakesOf(param: Part, value: unknown): string[] {
  return thrownBy(() => checkInput(operationOf([{ name: "v", ...param }]), { v: value })).errors.map(
    (e) => `${e.at} ${e.message}`,
  );
}

async function bytesOf(file: BinaryInput): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.open()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("checkInput", () => {
  it("gives the values as they are, with defaults filled in", () => {
    const operation = operationOf([
      { name: "name", type: "String", required: true },
      { name: "limit", type: "Integer", default: 20 },
      { name: "note", type: "String" },
    ]);
    expect(checkInput(operation, { name: "a\u2028\0\ud800" })).toEqual({ name: "a\u2028\0\ud800", limit: 20 });
    expect(checkInput(operation, { name: "a", limit: 0 })).toEqual({ name: "a", limit: 0 });
  });

  it.each([
    ["String", "x", 5, "expected a string, not a number"],
    ["Integer", 5, "5", "expected an integer, not a string"],
    ["Integer", -7, 5.5, "expected an integer, not a number"],
    ["Integer", 0, 2 ** 53, "expected an integer, not a number"],
    ["Integer", 1, '5, "x": 1', "expected an integer, not a string"],
    ["Number", 1.5, Number.NaN, "expected a number, not a number without a value"],
    ["Number", -0.5, true, "expected a number, not a boolean"],
    ["Boolean", false, "true", "expected true or false, not a string"],
    [
      "DateTime",
      "2026-11-20T08:00:00.100435Z",
      "tomorrow",
      "expected a time such as 2026-11-20T08:00:00Z, not a string",
    ],
    ["DateTime", "2026-11-20", "2026-13-45T00:00:00Z", "expected a time such as 2026-11-20T08:00:00Z, not a string"],
    ["Array", [1, "a"], { 0: 1 }, "expected an array, not an object"],
    ["Object", { a: 1 }, [], "expected an object, not an array"],
  ])("takes and refuses by type: %s", (type, right, wrong, message) => {
    expect(checkInput(operationOf([{ name: "v", type }]), { v: right })).toEqual({ v: right });
    expect(mistakesOf({ type }, wrong)).toEqual([`v ${message}`]);
  });

  it("takes any JSON where Json is meant, null as well", () => {
    const operation = operationOf([{ name: "v", type: "Json", required: true }]);
    for (const v of [null, 0, "", [], { a: null }]) expect(checkInput(operation, { v })).toEqual({ v });
  });

  it.each([
    [{ type: "String", min: 2 }, "a", "v expected at least 2 characters"],
    [{ type: "String", max: 2 }, "abc", "v expected at most 2 characters"],
    [{ type: "Integer", min: 1, max: 1000 }, 0, "v expected at least 1"],
    [{ type: "Number", max: 1 }, 1.01, "v expected at most 1"],
    [{ type: "Array", min: 1 }, [], "v expected at least 1 members"],
    [{ type: "String", enum: ["a", "b"] }, "c", 'v expected one of "a", "b"'],
    [{ type: "Object", enum: [{ a: 1, b: 2 }] }, { b: 2, a: 2 }, 'v expected one of {"a":1,"b":2}'],
    [{ type: "String", pattern: "^wrkspc_" }, "x", "v expected text that matches ^wrkspc_"],
    [{ type: "Array", items: "Integer" }, [1, "2", 3.5], "v[1] expected an integer, not a string"],
  ])("keeps to bounds: %j", (param, value, first) => {
    expect(mistakesOf(param, value)[0]).toBe(first);
  });

  it("finds an enum's object whatever the order of its keys", () => {
    const operation = operationOf([{ name: "v", type: "Object", enum: [{ a: 1, b: 2 }] }]);
    expect(checkInput(operation, { v: { b: 2, a: 1 } })).toEqual({ v: { b: 2, a: 1 } });
  });

  it("tells every mistake at once, with what was expected", () => {
    const operation = operationOf([
      { name: "model", type: "String", required: true, description: "The model." },
      { name: "tags", type: "Array", items: "String" },
    ]);
    const error = thrownBy(() => checkInput(operation, { tags: [1, 2], modle: "x" }));
    expect(error.code).toBe("invalid_input");
    expect(error.errors).toEqual([
      { at: "modle", code: "unknown_field", message: 'is not an input of this operation. Did you mean "model"?' },
      { at: "model", code: "required", message: "is required: expected a string (The model)" },
      { at: "tags[0]", code: "invalid_type", message: "expected a string, not a number" },
      { at: "tags[1]", code: "invalid_type", message: "expected a string, not a number" },
    ]);
  });

  it("takes null for what is not required as if it were not given", () => {
    const operation = operationOf(
      [
        { name: "a", type: "String" },
        { name: "b", type: "Integer", default: 3 },
      ],
      false,
    );
    expect(checkInput(operation, { a: null, b: null })).toEqual({ b: 3 });
    const required = operationOf([{ name: "a", type: "String", required: true }]);
    expect(thrownBy(() => checkInput(required, { a: null })).errors[0]?.code).toBe("required");
  });

  it("keeps null where the body is passed on: the API could not be told to clear a declared field", () => {
    const operation = operationOf(
      [
        { name: "a", type: "String" },
        { name: "b", type: "Integer", default: 3 },
        { name: "d", type: "String", required: true },
      ],
      true,
    );
    expect(checkInput(operation, { a: null, b: null, c: null, d: "" })).toEqual({ a: null, b: 3, c: null, d: "" });
    expect(thrownBy(() => checkInput(operation, { d: null })).errors[0]?.code).toBe("required");
  });

  it("lets unknown fields through where the body is passed on, own ones only", () => {
    const operation = operationOf([{ name: "model", type: "String", required: true }], true);
    const given = JSON.parse('{"model": "m", "new_parameter": {"a": [1]}, "__proto__": {"polluted": true}}');
    const input = checkInput(operation, given);
    expect(input.new_parameter).toEqual({ a: [1] });
    expect(Object.hasOwn(input, "__proto__")).toBe(true);
    expect(input.polluted).toBeUndefined();
    expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
  });

  it("does not take an inherited member for an input", () => {
    const operation = operationOf([{ name: "constructor", type: "Json" }]);
    expect(checkInput(operation, {})).toEqual({});
  });

  it.each([[[]], ["text"], [5], [null]])("wants an object: %j", (raw) => {
    const operation = operationOf([{ name: "a", type: "String", required: true }]);
    const first = thrownBy(() => checkInput(operation, raw)).errors[0];
    expect(first?.code).toBe(raw === null ? "required" : "invalid_type");
  });
});

describe("files", () => {
  const operation = operationOf([
    { name: "file", type: "Binary", required: true },
    { name: "more", type: "Array", items: "Binary" },
  ]);

  it("come as base64 text, or with their name and type; each opens again for another try", async () => {
    const data = Buffer.from("hello \u{1F600}").toString("base64");
    const input = checkInput(operation, {
      file: { filename: "a.txt", content_type: "text/plain", data },
      more: [data],
    });
    const file = input.file as BinaryInput;
    expect(file).toMatchObject({ filename: "a.txt", contentType: "text/plain", size: 10 });
    expect((await bytesOf(file)).toString()).toBe("hello \u{1F600}");
    expect((await bytesOf(file)).toString()).toBe("hello \u{1F600}");
    expect((input.more as BinaryInput[])[0]).toMatchObject({
      filename: "more",
      contentType: "application/octet-stream",
    });
  });

  it("that are files already stay what they are", () => {
    const file: BinaryInput = { filename: "f", contentType: "a/b", size: 0, open: async function* () {} };
    expect(checkInput(operation, { file }).file).toBe(file);
  });

  it("may be empty, and base64url or wrapped in lines", async () => {
    expect(checkInput(operation, { file: "" }).file).toSatisfy(isBinaryInput);
    const wrapped = checkInput(operation, { file: "-_\n8=" }).file as BinaryInput;
    expect([...(await bytesOf(wrapped))]).toEqual([0xfb, 0xff]);
  });

  it.each([
    ["not base64!"],
    [5],
    [{ data: 5 }],
    [{ filename: "a" }],
    [{ data: "", name: "a" }],
    [{ data: "", filename: 1 }],
  ])("are refused when they are none: %j", (file) => {
    const [mistake] = thrownBy(() => checkInput(operation, { file })).errors;
    expect(mistake).toMatchObject({ at: "file", message: expect.stringContaining("base64") });
  });
});

describe("coerceInput", () => {
  const operation = operationOf([
    { name: "limit", type: "Integer" },
    { name: "ratio", type: "Number" },
    { name: "deep", type: "Boolean" },
    { name: "ids", type: "Array", items: "String" },
    { name: "sizes", type: "Array", items: "Integer" },
    { name: "filter", type: "Object" },
    { name: "system", type: "Json" },
    { name: "name", type: "String" },
  ]);

  it("reads texts as the types that are meant", () => {
    const raw = {
      limit: "5",
      ratio: "-1.5e2",
      deep: "true",
      "ids[]": ["a", "b"],
      sizes: "7",
      filter: '{"a":1}',
      system: "plain text",
      name: "12",
    };
    const input = {
      limit: 5,
      ratio: -150,
      deep: true,
      ids: ["a", "b"],
      sizes: [7],
      filter: { a: 1 },
      system: "plain text",
      name: "12",
    };
    expect(coerceInput(operation, raw)).toEqual(input);
    expect(checkInput(operation, coerceInput(operation, raw))).toEqual(input);
  });

  it("takes an array as JSON too", () => {
    expect(coerceInput(operation, { ids: '["a"]' })).toEqual({ ids: ["a"] });
  });

  it.each([
    ["limit", "", "expected an integer"],
    ["limit", "0x10", "expected an integer"],
    ["limit", '5, "x": 1', "expected an integer"],
    ["ratio", "1e999", "expected a number"],
    ["deep", "yes", "expected true or false"],
    ["filter", "{", "expected an object"],
  ])("leaves what it cannot read to the check: %s=%s", (name, text, message) => {
    const error = thrownBy(() => checkInput(operation, coerceInput(operation, { [name]: text })));
    expect(error.errors).toEqual([expect.objectContaining({ at: name, message: expect.stringContaining(message) })]);
  });

  it("keeps unknown names, so that they are refused", () => {
    expect(thrownBy(() => checkInput(operation, coerceInput(operation, { limt: "5" }))).message).toContain(
      'Did you mean "limit"?',
    );
  });
});

describe("inputSchema", () => {
  it("says the same in JSON Schema", () => {
    const operation = operationOf([
      { name: "model", type: "String", required: true, min: 1, description: "The model." },
      { name: "limit", type: "Integer", required: true, default: 20, max: 1000 },
      { name: "ids", type: "Array", items: "String", max: 100 },
      { name: "state", type: "String", enum: ["on", "off"] },
      { name: "system", type: "Json" },
    ]);
    expect(inputSchema(operation)).toEqual({
      type: "object",
      properties: {
        model: { type: "string", description: "The model.", minLength: 1 },
        limit: { type: "integer", default: 20, maximum: 1000 },
        ids: { type: "array", items: { type: "string" }, maxItems: 100 },
        state: { type: "string", enum: ["on", "off"] },
        system: {},
      },
      required: ["model"],
      additionalProperties: false,
    });
    expect(inputSchema(operationOf([], true)).additionalProperties).toBe(true);
  });
});
