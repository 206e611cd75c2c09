import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { JsonSchema } from "../../../src/kernel/json.ts";
import { readFlags, toBody } from "../../../src/surfaces/cli/arguments.ts";

const folder = mkdtempSync(join(tmpdir(), "tidewire-arguments-"));
afterAll(() => rmSync(folder, { recursive: true }));

const FILE: JsonSchema = { anyOf: [{ type: "string", contentEncoding: "base64" }, { type: "object" }] };
const SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    name: { type: "string" },
    nick: { type: ["string", "null"] },
    count: { type: "integer" },
    share: { type: "number" },
    loud: { type: "boolean" },
    tags: { type: "array", items: { type: "string" } },
    counts: { type: "array", items: { type: "integer" } },
    shape: { type: "object" },
    shapes: { type: "array", items: { type: "object" } },
    any: {},
    "dashed-name": { type: "string" },
    file: FILE,
    files: { type: "array", items: FILE },
  },
};

const bodyOf = (...tokens: string[]) => toBody(readFlags(tokens), SCHEMA);
const json = async (...tokens: string[]) => {
  const body = await bodyOf(...tokens);
  if (!("json" in body)) throw new Error("it is a form");
  return body.json;
};

describe("flags", () => {
  it("are names with values, with = or without, or bare", () => {
    expect([...readFlags(["--max-tokens", "5", "--a=b=c", "--loud", "--x", "-1", "--tags=", "--a", "d"])]).toEqual([
      ["max_tokens", ["5"]],
      ["a", ["b=c", "d"]],
      ["loud", [true]],
      ["x", ["-1"]],
      ["tags", [""]],
    ]);
  });

  it.each([["extra"], ["--"], ["-x"]])("are not %s", (token) => {
    expect(() => readFlags(["--a", "b", token])).toThrow(`"${token}" is not a flag`);
  });
});

describe("the body of a call", () => {
  it.each<[string[], unknown]>([
    [["--name", "5"], { name: "5" }],
    [["--nick", "null"], { nick: "null" }],
    [["--count", "5"], { count: 5 }],
    [["--share", "-0.5"], { share: -0.5 }],
    [["--loud"], { loud: true }],
    [["--loud", "false"], { loud: false }],
    [["--tags", "a", "--tags", "5"], { tags: ["a", "5"] }],
    [["--tags", '["a","b"]'], { tags: ["a", "b"] }],
    [["--counts", "1", "--counts", "2"], { counts: [1, 2] }],
    [["--shape", '{"a":{"b":1}}'], { shape: { a: { b: 1 } } }],
    [["--any", "5"], { any: 5 }],
    [["--any", "plain text"], { any: "plain text" }],
    [["--any"], { any: true }],
    [["--dashed-name", "x"], { "dashed-name": "x" }],
    [["--unknown-name", "x"], { unknown_name: "x" }],
    [["--name", "a", "--name", "b"], { name: "b" }],
    [["--name=--json"], { name: "--json" }],
    [[], {}],
  ])("%j is %j", async (tokens, body) => {
    expect(await json(...tokens)).toEqual(body);
  });

  it("lays flags over --input, given or from a file", async () => {
    const file = join(folder, "input.json");
    writeFileSync(file, '{"name": "file", "count": 1}');
    expect(await json("--input", '{"name":"x","count":1}', "--count", "2")).toEqual({ name: "x", count: 2 });
    expect(await json("--count=2", "--input", `@${file}`)).toEqual({ name: "file", count: 2 });
  });

  it("takes what stands in a file where objects are wanted, and leaves other texts that begin so as they are", async () => {
    const [one, several] = [join(folder, "one.json"), join(folder, "several.json")];
    writeFileSync(one, '{"a": 1}\n');
    writeFileSync(several, '\n[{"a": 1}, {"a": 2}]');
    const shapes = [{ a: 1 }, { a: 2 }];
    expect(await json("--shape", `@${one}`, "--shapes", `@${several}`)).toEqual({ shape: { a: 1 }, shapes });
    expect(await json("--shapes", `@${one}`, "--shapes", '{"a":2}')).toEqual({ shapes });
    const texts = { name: "@x", tags: ["@tides"], any: "@y" };
    expect(await json("--name", "@x", "--tags", "@tides", "--any", "@y")).toEqual(texts);
  });

  it.each([
    [["--count", "x"], '--count takes an integer, and "x" is none.'],
    [["--count", "1.5"], "--count takes an integer"],
    [["--share", "true"], "--share takes a number"],
    [["--loud", "yes"], "--loud takes true or false"],
    [["--shape", "@nowhere.json"], "nowhere.json cannot be read"],
    [["--shape", "a".repeat(100)], `"${"a".repeat(80)}…" is none`],
    [["--shape", "[1]"], "--shape takes an object"],
    [["--tags", "[1"], "--tags takes an array"],
    [["--counts", "a"], "--counts takes an integer"],
    [["--dashed-name"], "--dashed-name needs a value"],
    [["--count"], "--count needs a value"],
    [["--file"], "--file needs a value"],
    [["--input"], "--input needs a value"],
    [["--input", "nonsense"], "--input is not JSON"],
    [["--input", "[]"], "--input takes a JSON object"],
    [["--input", "@nowhere.json"], "nowhere.json cannot be read"],
    [["--file", "@nowhere.pdf"], "nowhere.pdf cannot be read"],
    [["--file", "@."], "is not a file"],
  ])("%j is refused", async (tokens, message) => {
    await expect(bodyOf(...tokens)).rejects.toMatchObject({ code: "invalid_input" });
    await expect(bodyOf(...tokens)).rejects.toThrow(message);
  });

  it("is a form where there are files, each with its name, its type and its bytes", async () => {
    const [photo, data] = ["photo.JPG", "data.unknown"].map((name) => join(folder, name)) as [string, string];
    writeFileSync(photo, Buffer.from([0, 255, 13, 10]));
    writeFileSync(data, "");
    const body = await bodyOf(
      "--file",
      photo,
      "--files",
      `@${data}`,
      "--files",
      `@${photo}`,
      "--count",
      "2",
      "--name",
      "n",
    );
    if (!("form" in body)) throw new Error("it is no form");
    expect([...body.form.keys()]).toEqual(["count", "name", "file", "files", "files"]);
    expect([body.form.get("count"), body.form.get("name")]).toEqual(["2", "n"]);
    const file = body.form.get("file") as File;
    expect(file).toMatchObject({ name: "photo.JPG", type: "image/jpeg", size: 4 });
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([0, 255, 13, 10]);
    expect((body.form.getAll("files") as File[]).map(({ name, type }) => [name, type])).toEqual([
      ["data.unknown", "application/octet-stream"],
      ["photo.JPG", "image/jpeg"],
    ]);
  });
});
