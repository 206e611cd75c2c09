import { describe, expect, test } from "vitest";
import type { BodySource } from "../../src/engine/body-source.ts";
import { buildRequest } from "../../src/engine/request.ts";
import type { OperationSource } from "../../src/manifest/schema/operation.ts";
import type { BinaryInput } from "../../src/model/binary.ts";
import { collect } from "../support/chunks.ts";
import { callOf, connectorOf } from "./rig.ts";

function bodyOf(operation: Omit<OperationSource, "method">, input: Record<string, unknown>): BodySource | null {
  const connector = connectorOf({ operations: { run: { method: "POST", ...operation } } });
  return buildRequest(callOf(connector, "run", "http://127.0.0.1:9", input)).body;
}

const jsonOf = (operation: Omit<OperationSource, "method">, input: Record<string, unknown>): unknown =>
  JSON.parse(bodyOf(operation, input)?.open() as string);

describe("a JSON body", () => {
  const tree: OperationSource["body"] = {
    encoding: "json",
    value: {
      kind: "x",
      items: [{ $param: "first" }, { $param: "second" }],
      deep: { limit: { $param: "limit" } },
      none: null,
    },
  };

  test("keeps the types of the values in its tree; a missing one takes its member or element away", () => {
    const declared = (["first", "second", "limit"] as const).map((name) => ({ name, type: "Json" as const }));
    const input = { first: { a: [1] }, limit: 0 };
    expect(jsonOf({ input: declared, body: tree }, input)).toEqual({
      kind: "x",
      items: [{ a: [1] }],
      deep: { limit: 0 },
      none: null,
    });
  });

  test("may be one value as a whole, and none when that is missing", () => {
    const whole: OperationSource["body"] = { encoding: "json", value: { $param: "body" } };
    const operation = { input: [{ name: "body", type: "Json" as const }], body: whole };
    expect(jsonOf(operation, { body: [1, "a"] })).toEqual([1, "a"]);
    expect(bodyOf(operation, {})).toBeNull();
  });

  test("passes on everything the caller gave that has no other place, beneath what the manifest sets", () => {
    const operation: Omit<OperationSource, "method"> = {
      path: { value: "/{{id}}", placeholders: [{ name: "id", type: "String" }] },
      input: [
        { name: "text", type: "String" },
        { name: "betas", type: "Array" },
        { name: "dry", type: "Boolean" },
      ],
      headers: { "x-beta": { value: "{{betas}}", omitIfEmpty: true } },
      queryParams: { dry: { value: "{{dry}}" } },
      body: { encoding: "json", value: { source: "tidewire", content: { $param: "text" } }, passthrough: true },
    };
    const input = { id: "i", betas: ["b"], dry: true, text: "hi", source: "mine", extra: { any: [null] }, flag: false };
    expect(jsonOf(operation, input)).toEqual({
      source: "tidewire",
      content: "hi",
      extra: { any: [null] },
      flag: false,
    });
  });

  test("cannot change a setting of the connection by a field that is only passed on", () => {
    const connector = connectorOf(
      { operations: { run: { method: "POST", body: { encoding: "json", passthrough: true } } } },
      {
        params: [{ name: "workspace", type: "String" }],
        headers: { "x-workspace": { value: "{{workspace}}", omitIfEmpty: true } },
      },
    );
    const call = callOf(connector, "run", "http://127.0.0.1:9", { workspace: "another", a: 1 });
    const account = { ...call.account, params: { ...call.account.params, workspace: "mine" } };
    const request = buildRequest({ ...call, account });
    expect(request.headers["x-workspace"]).toBe("mine");
    expect(JSON.parse(request.body?.open() as string)).toEqual({ workspace: "another", a: 1 });
    expect(buildRequest(call).headers).not.toHaveProperty("x-workspace");
  });

  test("is filled from a template, where values stay values", () => {
    const operation: Omit<OperationSource, "method"> = {
      bodyTemplate: {
        value: '{"model": "{{model}}", "max": {{max}}}',
        placeholders: [
          { name: "model", type: "String" },
          { name: "max", type: "Integer" },
        ],
      },
    };
    expect(jsonOf(operation, { model: 'a", "x": "b', max: 5 })).toEqual({ model: 'a", "x": "b', max: 5 });
  });

  test("a POST without one sends neither body nor content type", () => {
    const connector = connectorOf({ operations: { cancel: { method: "POST", path: { value: "/cancel" } } } });
    const request = buildRequest(callOf(connector, "cancel", "http://127.0.0.1:9"));
    expect(request.body).toBeNull();
    expect(request.headers).not.toHaveProperty("content-type");
  });
});

describe("a multipart body", () => {
  const form: Omit<OperationSource, "method"> = {
    input: [
      { name: "file", type: "Array", items: "Binary" },
      { name: "note", type: "String" },
    ],
    body: {
      encoding: "multipart",
      parts: [
        { name: "file", param: "file" },
        { name: "note", param: "note" },
      ],
      maxBytes: 10,
    },
  };
  const file = (chunks: string[], size = Buffer.byteLength(chunks.join(""))): BinaryInput => ({
    filename: "a.txt",
    contentType: "text/plain",
    size,
    async *open() {
      for (const chunk of chunks) yield Buffer.from(chunk);
    },
  });
  const send = (body: BodySource | null) => collect(body?.open() as AsyncIterable<Uint8Array>);

  test("refuses files beyond the operation's limit before anything is sent", () => {
    expect(() => bodyOf(form, { file: [file(["123456"]), file(["78901"])] })).toThrow(
      expect.objectContaining({ code: "payload_too_large", status: 413 }),
    );
  });

  test.each([
    ["longer", 2],
    ["shorter", 4],
  ])("fails when a file turns out %s than it was said to be, and sends no byte too many", async (_, size) => {
    const sent: Uint8Array[] = [];
    const sending = (async () => {
      const body = bodyOf(form, { file: file(["ab", "c"], size) })!;
      for await (const chunk of body.open() as AsyncIterable<Uint8Array>) sent.push(chunk);
    })();
    await expect(sending).rejects.toMatchObject({ code: "invalid_input", errors: [{ at: "file" }] });
    const content = Buffer.concat(sent).toString().split("\r\n\r\n")[1];
    expect(content).toBe(size === 2 ? "ab" : "abc");
  });

  test("leaves out what is missing or null, and writes what is not text as JSON", async () => {
    const parts = await send(bodyOf(form, { file: null, note: [1, { a: true }] }));
    const text = Buffer.concat(parts).toString();
    expect(text).not.toContain('name="file"');
    expect(text).toMatch(/name="note"\r\n\r\n1\r\n[^]*name="note"\r\n\r\n\{"a":true\}\r\n/);
  });

  test("reads a file only as it is sent", async () => {
    let read = 0;
    const lazy = {
      ...file([]),
      size: 3 * 3,
      async *open() {
        for (; read < 3; read++) yield Buffer.from("abc");
      },
    };
    const body = bodyOf(form, { file: lazy })!;
    const chunks = (body.open() as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    expect(read).toBe(0);
    await chunks.next();
    await chunks.next();
    expect(read).toBe(0);
    await chunks.next();
    expect(read).toBe(1);
  });

  test("refuses a content type that would add a header", () => {
    const bad = { ...file(["a"]), contentType: "text/plain\r\nx-evil: 1" };
    expect(() => bodyOf(form, { file: bad })).toThrow(expect.objectContaining({ code: "invalid_input" }));
  });
});
