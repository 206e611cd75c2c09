import { expect, test } from "vitest";
import type { BodySource } from "../../src/engine/body-source.ts";
import { buildRequest } from "../../src/engine/request.ts";
import type { OperationSource } from "../../src/manifest/schema/operation.ts";
import type { BinaryInput } from "../../src/model/binary.ts";
import { collect } from "../support/chunks.ts";
import { callOf, connectorOf } from "./rig.ts";

function requestOf(operation: Omit<OperationSource, "method">, input: Record<string, unknown>) {
  const connector = connectorOf({ operations: { run: { method: "POST", ...operation } } });
  return buildRequest(callOf(connector, "run", "http://127.0.0.1:9", input));
}

const any = (...names: string[]) => names.map((name) => ({ name, type: "Json" as const }));
const input = { text: "a b&ü", list: [1, "x y"], deep: { k: "v", l: [true] }, none: null };

test.each<["repeat" | "brackets" | "comma" | "json", string]>([
  ["repeat", 'text=a b&ü|list=1|list=x y|deep={"k":"v","l":[true]}'],
  ["brackets", "text=a b&ü|list[]=1|list[]=x y|deep[k]=v|deep[l][]=true"],
  ["comma", 'text=a b&ü|list=1,x y|deep={"k":"v","l":[true]}'],
  ["json", 'text=a b&ü|list=[1,"x y"]|deep={"k":"v","l":[true]}'],
])("a form writes lists as %s", (array, expected) => {
  const body: OperationSource["body"] = { encoding: "form", array };
  const { headers, body: source } = requestOf({ input: any("text", "list", "deep", "none"), body }, input);
  expect(headers["content-type"]).toBe("application/x-www-form-urlencoded");
  const written = [...new URLSearchParams(source?.open() as string)].map(([name, value]) => `${name}=${value}`);
  expect(written.join("|")).toBe(expected);
});

test("a form sends on what has no other place, beneath what the manifest sets", () => {
  const body: OperationSource["body"] = {
    encoding: "form",
    value: { grant: "x", t: { $param: "text" } },
    passthrough: true,
  };
  const { body: source } = requestOf({ input: any("text"), body }, { text: "t", extra: 1, grant: "mine" });
  expect(source?.open()).toBe("extra=1&grant=x&t=t");
});

const file = (bytes: Uint8Array, more: Partial<BinaryInput> = {}): BinaryInput => ({
  filename: "a.bin",
  contentType: "image/png",
  size: bytes.length,
  async *open() {
    yield bytes;
  },
  ...more,
});
const upload: Omit<OperationSource, "method"> = {
  input: [{ name: "file", type: "Binary" }],
  body: { encoding: "binary", param: "file", maxBytes: 4 },
};
const sent = (body: BodySource | null) => collect(body?.open() as AsyncIterable<Uint8Array>);

test("a file is the whole body, streamed, with its own type and length, as often as it is tried", async () => {
  const bytes = new Uint8Array([1, 2, 3]);
  const { headers, body } = requestOf(upload, { file: file(bytes) });
  expect(headers).toMatchObject({ "content-type": "image/png", "content-length": "3" });
  for (const _ of [1, 2]) expect(await sent(body)).toEqual([bytes]);
  expect(requestOf(upload, { file: file(bytes, { contentType: "" }) }).headers["content-type"]).toBe(
    "application/octet-stream",
  );
  expect(requestOf(upload, {}).body).toBeNull();
});

test("a file that is too large, is not as long as it says, or would smuggle a header in is not sent", async () => {
  const five = new Uint8Array(5);
  expect(() => requestOf(upload, { file: file(five) })).toThrow(expect.objectContaining({ code: "payload_too_large" }));
  for (const size of [1, 4]) {
    const { body } = requestOf(upload, { file: file(new Uint8Array(3), { size }) });
    await expect(sent(body)).rejects.toMatchObject({ code: "invalid_input" });
  }
  const smuggling = file(new Uint8Array(1), { contentType: "text/plain\r\nx-admin: 1" });
  expect(() => requestOf(upload, { file: smuggling })).toThrow(expect.objectContaining({ code: "invalid_input" }));
});

test("a text is a template, sent as the type that the manifest names", () => {
  const named: OperationSource["body"] = { encoding: "text", value: "<q>{{text}}</q>", contentType: "text/xml" };
  const { headers, body } = requestOf({ input: any("text"), body: named }, { text: "ü & <x>" });
  expect([headers["content-type"], body?.open()]).toEqual(["text/xml", "<q>ü & <x></q>"]);
  const plain = requestOf({ body: { encoding: "text", value: "hi" } }, {});
  expect(plain.headers["content-type"]).toBe("text/plain; charset=utf-8");
});
