import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Command } from "../../../src/command.ts";
import { asError } from "../../../src/kernel/errors.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { isBinaryInput } from "../../../src/model/binary.ts";
import type { Env } from "../../../src/surfaces/http/caller.ts";
import { readInput } from "../../../src/surfaces/http/input.ts";
import { type Listening, listen } from "../../../src/surfaces/http/listen.ts";

const POST: Command["http"] = { method: "POST", path: "/v1/things/:id" };
const GET: Command["http"] = { ...POST, method: "GET" };
const RUN: Command["http"] = { ...POST, bodyAs: "input" };
const QUERY: Command["http"] = { ...GET, bodyAs: "input" };
const MIB = 1024 * 1024;

/** The input of requests, read over real connections and in process, where there is no socket. */
describe.each(["over a socket", "in process"])("the input of a request, %s", (way) => {
  let server: Listening;
  let http: Command["http"] = POST;
  const app = new Hono<Env>();
  app.on(["GET", "POST", "DELETE"], ["/v1/things/:id", "/webhooks/:connector/:event"], async (c) => {
    try {
      const request = await readInput(c, http, () => 3 * MIB);
      const input = await readable(request.input);
      await request.dispose?.();
      return c.json({ input, fingerprint: request.fingerprint });
    } catch (thrown) {
      const { status, code, message } = asError(thrown);
      return c.json({ code, message }, status as 400);
    }
  });
  beforeAll(async () => {
    server = await listen(app.fetch, "127.0.0.1", 0);
  });
  afterAll(() => server.close(0));

  /** Files as their names and contents. */
  async function readable(value: unknown): Promise<unknown> {
    if (isBinaryInput(value)) {
      const { filename, contentType, size } = value;
      const chunks: Uint8Array[] = [];
      for await (const chunk of value.open()) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString("utf8");
      return { filename, contentType, size, text: text.length > 100 ? "…" : text };
    }
    if (Array.isArray(value)) return Promise.all(value.map((member) => readable(member)));
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).map(async ([key, member]) => [key, await readable(member)] as const);
    return Object.fromEntries(await Promise.all(members));
  }

  async function ask(as: Command["http"], url: string, init: RequestInit = {}) {
    http = as;
    const given = { method: as.method, ...init };
    const response = way === "in process" ? await app.request(url, given) : await fetch(server.url + url, given);
    return (await response.json()) as JsonObject;
  }
  const inputOf = async (...request: Parameters<typeof ask>) => (await ask(...request)).input;
  const json = (body: unknown, type = "application/json"): RequestInit => ({
    headers: { "content-type": type },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

  it("is path, query and body members as one, the path before the body before the query", async () => {
    expect(await inputOf(POST, "/v1/things/7?a=q&b=q", json({ b: "body", id: "body" }))).toEqual({
      a: "q",
      b: "body",
      id: "7",
    });
    expect(await inputOf(GET, "/v1/things/7?limit=5&id=8")).toEqual({ limit: "5", id: "7" });
    expect(await inputOf({ ...GET, method: "DELETE" }, "/v1/things/7")).toEqual({ id: "7" });
  });

  it("takes what the path and the query have encoded", async () => {
    expect(await inputOf(GET, "/v1/things/a%2Fb%20c?q=%C3%A9%26&plus=a+b")).toEqual({
      id: "a/b c",
      q: "é&",
      plus: "a b",
    });
  });

  it("takes a name that comes more than once, or with [], as a list", async () => {
    expect(await inputOf(GET, "/v1/things/7?tag=a&tag=b&one[]=c&empty=")).toEqual({
      id: "7",
      tag: ["a", "b"],
      one: ["c"],
      empty: "",
    });
  });

  it("is the whole body under one name where the command says so", async () => {
    expect(await inputOf(RUN, "/v1/things/7?connection=work", json({ connection: "mine", n: 1 }))).toEqual({
      id: "7",
      connection: "work",
      input: { connection: "mine", n: 1 },
    });
    expect(await inputOf(QUERY, "/v1/things/7?connection=work&fields=raw&limit=5&tag=a&tag=b")).toEqual({
      id: "7",
      connection: "work",
      fields: "raw",
      input: { limit: "5", tag: ["a", "b"] },
      text: true,
    });
  });

  it("leaves a key out of a REST hook's input", async () => {
    expect(await inputOf(POST, "/webhooks/x/a.b?api_key=tw_secret&limit=1", json({ url: "u" }))).toEqual({
      connector: "x",
      event: "a.b",
      limit: "1",
      url: "u",
    });
  });

  it.each([
    ["nothing", undefined, ""],
    ["white space", " \n ", "application/json"],
    ["nothing of another type", "", "text/plain"],
  ])("is empty for %s", async (_, body, type) => {
    const init = body === undefined ? {} : json(body, type);
    expect(await inputOf(POST, "/v1/things/7", init)).toEqual({ id: "7" });
  });

  it.each(["application/json", "application/json; charset=utf-8", "APPLICATION/JSON", "application/cloudevents+json"])(
    "reads %s",
    async (type) => {
      expect(await inputOf(POST, "/v1/things/7", json({ a: 1 }, type))).toEqual({ id: "7", a: 1 });
    },
  );

  it.each([
    ["broken JSON", "{", "application/json", "invalid_json"],
    ["a JSON text", '"a"', "application/json", "invalid_json"],
    ["a JSON list", "[]", "application/json", "invalid_json"],
    ["JSON null", "null", "application/json", "invalid_json"],
    ["text", "a", "text/plain", "unsupported_media_type"],
    ["a form of the other kind", "a=1", "application/x-www-form-urlencoded", "unsupported_media_type"],
    ["JSON's namesake", "{}", "application/jsonp", "unsupported_media_type"],
    ["a form without its boundary", "a", "multipart/form-data", "unsupported_media_type"],
    ["a broken form", "a", "multipart/form-data; boundary=b", "invalid_input"],
  ])("refuses %s", async (_, body, type, code) => {
    expect(await ask(POST, "/v1/things/7", json(body, type))).toMatchObject({ code });
  });

  it("takes JSON of 500 levels: more would take more stack than there is wherever it is printed", async () => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"b":', "}"],
    ] as const) {
      const nested = (levels: number) => json(`{"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`);
      expect(await ask(POST, "/v1/things/7", nested(500))).not.toHaveProperty("code");
      for (const levels of [501, 100_000]) {
        expect(await ask(POST, "/v1/things/7", nested(levels))).toMatchObject({ code: "invalid_json" });
      }
    }
  });

  it("takes 1 MiB of JSON, and not a byte more, said beforehand or not", async () => {
    const sized = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    expect(await ask(POST, "/v1/things/7", json(sized(MIB)))).not.toHaveProperty("code");
    expect(await ask(POST, "/v1/things/7", json(sized(MIB + 1)))).toMatchObject({ code: "payload_too_large" });
    const unsaid = (bytes: number) => ({
      headers: { "content-type": "application/json" },
      body: new Blob([sized(bytes)]).stream(),
      duplex: "half" as const,
    });
    expect(await ask(POST, "/v1/things/7", unsaid(MIB))).not.toHaveProperty("code");
    expect(await ask(POST, "/v1/things/7", unsaid(MIB + 1))).toMatchObject({ code: "payload_too_large" });
  });

  it("prints what an idempotency key compares: the body", async () => {
    const print = async (body: string | FormData) =>
      (await ask(POST, "/v1/things/7", typeof body === "string" ? json(body) : { body })).fingerprint;
    expect(await print('{"a":1}')).toBe(await print('{"a":1}'));
    expect(await print('{"a":1}')).not.toBe(await print('{"a":2}'));
    const form = (content: string) => {
      const made = new FormData();
      made.append("file", new File([content], "a.txt"));
      return made;
    };
    // Each form has a boundary of its own: what counts is what is in it.
    expect(await print(form("one"))).toBe(await print(form("one")));
    expect(await print(form("one"))).not.toBe(await print(form("two")));
  });

  it("of a form holds its fields and files, and says that its values are texts", async () => {
    const form = new FormData();
    form.append("title", "Tide");
    form.append("files[]", new File(["a,b"], "skill/a.csv", { type: "text/csv" }));
    form.append("tag", "x");
    form.append("tag", "y");
    expect(await inputOf(RUN, "/v1/things/7", { body: form })).toEqual({
      id: "7",
      text: true,
      input: {
        title: "Tide",
        files: [{ filename: "skill/a.csv", contentType: "text/csv", size: 3, text: "a,b" }],
        tag: ["x", "y"],
      },
    });
  });

  it("of a form may be as large as the operation's files, and room beside them", async () => {
    const form = (bytes: number) => {
      const made = new FormData();
      made.append("file", new File([new Uint8Array(bytes)], "a.bin"));
      return { body: made };
    };
    expect(await inputOf(RUN, "/v1/things/7", form(3 * MIB))).toMatchObject({ input: { file: { size: 3 * MIB } } });
    expect(await ask(RUN, "/v1/things/7", form(4 * MIB))).toMatchObject({ code: "payload_too_large" });
  });
});

it("a body that its sender breaks off is no failure of ours", async () => {
  const app = new Hono<Env>();
  app.post("/v1/things/:id", (c) =>
    readInput(c, POST, () => 0).then(
      () => c.json({}),
      (thrown: unknown) => c.json({ code: asError(thrown).code }),
    ),
  );
  for (const headers of [{ "content-length": "10" }, {}]) {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("aborted")) });
    const answer = await app.request("/v1/things/7", { method: "POST", headers, body, duplex: "half" } as RequestInit);
    expect(await answer.json()).toEqual({ code: "aborted" });
  }
});
