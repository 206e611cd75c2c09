import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import { Secret } from "../../src/kernel/secret.ts";
import type { Reply } from "../../src/model/reply.ts";
import { collect } from "../support/chunks.ts";
import { json, status, text, Upstream } from "../support/upstream.ts";
import { callOf, connectorOf, openRig, type Rig } from "./rig.ts";

const connector = connectorOf(
  {
    fields: [
      { name: "id", type: "String", selector: ["id"], primary: true },
      { name: "label", type: "String", selector: ["name", "display"] },
    ],
    operations: {
      read: {
        method: "GET",
        path: { value: "/{{id}}", placeholders: [{ name: "id", type: "String", required: true }] },
      },
      create: {
        method: "POST",
        input: [
          { name: "name", type: "String" },
          { name: "stream", type: "Boolean" },
        ],
        body: { encoding: "json", value: { name: { display: { $param: "name" } } } },
        response: { stream: true },
      },
      count: { method: "GET", output: { type: "object" } },
      results: { method: "GET", response: { type: "jsonl" } },
      content: { method: "GET", response: { type: "binary" } },
      note: { method: "GET", response: { type: "text" } },
      remove: { method: "DELETE", response: { type: "none" } },
      fails: {
        method: "GET",
        errors: { failIf: { field: ["ok"], equals: false }, envelope: { type: ["error"], message: ["why"] } },
      },
      never: { method: "GET", unsupported: "The API has no such call." },
    },
  },
  { capture: ["x-organization", "x-limit-*"], errors: { requestIdHeader: "x-request" } },
);

let upstream: Upstream;
let rig: Rig;
beforeAll(async () => {
  upstream = await Upstream.start();
  rig = openRig();
});
afterAll(async () => {
  await rig.close();
  await upstream.stop();
});
afterEach(() => upstream.seen.splice(0));

const run = (operation: string, input: Record<string, unknown> = {}, change: Partial<OperationCall> = {}) =>
  execute(rig.deps, { ...callOf(connector, operation, upstream.url, input), ...change });

function kind<K extends Reply["kind"]>(reply: Reply, wanted: K): Extract<Reply, { kind: K }> {
  expect(reply.kind).toBe(wanted);
  return reply as Extract<Reply, { kind: K }>;
}

const RECORD = { id: "i1", name: { display: "One" }, extra: true };

describe("a JSON answer", () => {
  test("gives the manifest's fields, and what the answer's head said", async () => {
    const headers = {
      "x-request": "req_1",
      "x-organization": "org",
      "x-limit-a": "1",
      "x-limit-b": "2",
      "x-other": "no",
    };
    upstream.script(json(RECORD, 200, headers));
    expect(await run("read", { id: "i1" })).toEqual({
      kind: "value",
      value: { id: "i1", label: "One" },
      meta: {
        connection: "default",
        attempts: 1,
        upstream: {
          status: 200,
          request_id: "req_1",
          headers: { "x-organization": "org", "x-limit-a": "1", "x-limit-b": "2" },
        },
      },
    });
    expect(upstream.last).toMatchObject({ method: "GET", url: "/items/i1", headers: { "x-api-key": "sk-secret-1" } });
  });

  test.each(["sk-plain-1", "sk/secret+1=="])("does not hand out the key %s, which a header repeats", async (key) => {
    const inQuery = connectorOf(
      { operations: { find: { method: "GET", output: { type: "object" } } } },
      {
        auth: { method: "api_token", in: "query", name: "key", fields: [{ name: "apiKey" }] },
        capture: ["link", "x-you"],
      },
    );
    const address = `/items?key=${encodeURIComponent(key)}`;
    upstream.script(json({}, 200, { link: `<${address}&page=2>; rel="next"`, "x-you": key }));
    const call = callOf(inQuery, "find", upstream.url);
    const account = { ...call.account, credentials: { apiKey: new Secret(key) } };
    const { meta } = await execute(rig.deps, { ...call, account });
    expect(upstream.last?.url).toBe(address);
    expect(meta?.upstream?.headers).toEqual({
      link: '</items?key=[secret]&page=2>; rel="next"',
      "x-you": "[secret]",
    });
  });

  test("does not hand out a token that was got and stands in the address", async () => {
    const inQuery = connectorOf(
      { operations: { find: { method: "GET", output: { type: "object" } } } },
      {
        auth: { method: "oauth2_client_credentials", tokenUrl: "/token", in: "query", name: "key", prefix: "" },
        capture: ["link"],
      },
    );
    upstream.script(json({}, 200, { link: "</items?key=tok%2Fen%2B1>" }));
    const deps = { ...rig.deps, tokenFor: () => Promise.resolve(new Secret("tok/en+1")) };
    const { meta } = await execute(deps, callOf(inQuery, "find", upstream.url));
    expect(meta?.upstream?.headers).toEqual({ link: "</items?key=[secret]>" });
  });

  test("comes as it is when that is asked for, or when the operation has a form of its own", async () => {
    upstream.script(json(RECORD));
    expect(kind(await run("read", { id: "i1" }, { fields: "raw" }), "value").value).toEqual(RECORD);
    expect(kind(await run("count"), "value").value).toEqual(RECORD);
  });

  test("in which no field is found comes as it is: it is not the resource", async () => {
    upstream.script(json({ input_tokens: 7 }));
    expect(kind(await run("read", { id: "i1" }), "value").value).toEqual({ input_tokens: 7 });
  });

  test("from the sandbox says so", async () => {
    upstream.script(json(RECORD));
    const call = callOf(connector, "read", upstream.url, { id: "1" });
    const reply = await execute(rig.deps, { ...call, account: { ...call.account, sandbox: true } });
    expect(reply.meta?.sandbox).toBe(true);
  });

  test("of a POST follows its JSON body", async () => {
    upstream.script(json(RECORD));
    await run("create", { name: 'A "quoted"\nname' });
    expect(upstream.last.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(upstream.last.body.toString())).toEqual({ name: { display: 'A "quoted"\nname' } });
  });

  test.each([
    ["not JSON", text("<html>", 200, { "content-type": "text/html" })],
    ["cut off", text('{"id": "i', 200)],
    ["empty", status(200)],
  ])("that is %s is upstream_invalid", async (_, answer) => {
    upstream.script(answer);
    await expect(run("read", { id: "i1" })).rejects.toMatchObject({
      code: "upstream_invalid",
      upstream: { status: 200 },
    });
  });

  test("may be empty with 204", async () => {
    upstream.script(status(204));
    expect(kind(await run("read", { id: "i1" }), "value").value).toBeNull();
  });

  test("that says it failed is an error in spite of its 200", async () => {
    upstream.script(json({ ok: false, error: "no_channel", why: "gone" }));
    await expect(run("fails")).rejects.toMatchObject({
      code: "upstream_error",
      status: 502,
      upstream: { status: 200, type: "no_channel", message: "gone" },
    });
    upstream.script(json({ ok: true, id: "1" }));
    expect(kind(await run("fails"), "value").value).toEqual({ id: "1", label: null });
  });
});

describe("other answers", () => {
  test("a stream of events is given event by event, an error in its midst as well", async () => {
    const events = 'event: message_start\ndata: {"a":1}\n\n: ping\n\nevent: error\ndata: {"type":"error"}\n\n';
    upstream.script(text(events, 200, { "content-type": "text/event-stream; charset=utf-8" }));
    const reply = kind(await run("create", { stream: true }), "stream");
    expect(await collect(reply.events)).toEqual([
      { event: "message_start", data: '{"a":1}' },
      { event: "error", data: '{"type":"error"}' },
    ]);
  });

  test("an answer that is no stream where one was asked for is upstream_invalid, not an empty stream", async () => {
    upstream.script(json(RECORD));
    await expect(run("create", { stream: true })).rejects.toMatchObject({ code: "upstream_invalid" });
  });

  test("JSON Lines are rows, selected where they are records", async () => {
    upstream.script(text(`${JSON.stringify(RECORD)}\n{"custom_id":"r1"}\n`));
    expect(await collect(kind(await run("results"), "rows").rows)).toEqual([
      { id: "i1", label: "One" },
      { custom_id: "r1" },
    ]);
  });

  test("bytes come with their type, length and name", async () => {
    const headers = { "content-type": "image/png", "content-disposition": "attachment; filename*=UTF-8''a%20b.png" };
    upstream.script(
      (response) =>
        void response.writeHead(200, { ...headers, "content-length": 4 }).end(Buffer.from([0, 255, 13, 10])),
    );
    const reply = kind(await run("content"), "bytes");
    expect(reply).toMatchObject({ contentType: "image/png", length: 4, filename: "a b.png" });
    expect(Buffer.concat(await collect(reply.body))).toEqual(Buffer.from([0, 255, 13, 10]));
  });

  test("text and nothing are values", async () => {
    upstream.script(text("héllo"), text("ignored"));
    expect(kind(await run("note"), "value").value).toBe("héllo");
    expect(kind(await run("remove"), "value").value).toBeNull();
  });
});

test("what the API cannot do is refused without a call", async () => {
  await expect(run("never")).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("no such call"),
  });
  expect(upstream.seen).toHaveLength(0);
});
