import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { messageEvents } from "../../src/sandbox/message-stream.ts";
import { Harness } from "../support/harness.ts";
import { settle } from "../support/manual-clock.ts";
import { messageOf } from "../support/message.ts";
import { openRaw, type RawRequest, raw } from "../support/raw-request.ts";
import { type Answer, hangUp, json, silence, status, text, Upstream } from "../support/upstream.ts";

const THEIR_KEY = "sk-ant-api03-theirs";
const THEIR_ADMIN_KEY = "sk-ant-admin01-theirs";
const MESSAGE = messageOf([
  { type: "thinking", thinking: "Hm.", signature: "c2ln" },
  { type: "text", text: "Hello", citations: null },
  { type: "tool_use", id: "toolu_1", name: "t", input: { city: "Bern" }, caller: { type: "direct" } },
]);
const EVENTS = [...messageEvents(MESSAGE)].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
const SSE = { "content-type": "text/event-stream; charset=utf-8" };
const BATCH = {
  id: "msgbatch_1",
  results_url: "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results",
};

let tidewire: Harness;
let upstream: Upstream;

/** The shipped connector less its pollers, so that nothing but what a test sends reaches the provider. */
function unpolled(): string {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-unpolled-"));
  cpSync("connector.json", join(folder, "connector.json"));
  mkdirSync(join(folder, "resources"));
  for (const file of readdirSync("resources")) {
    const {
      pollers: _,
      webhooks = [],
      ...resource
    } = JSON.parse(readFileSync(join("resources", file), "utf8")) as {
      pollers: unknown;
      webhooks?: { source?: { type: string } }[];
    };
    const actions = webhooks.filter(({ source }) => source?.type === "action");
    writeFileSync(join(folder, "resources", file), JSON.stringify({ ...resource, webhooks: actions }));
  }
  return folder;
}

const folder = unpolled();

beforeAll(async () => {
  const env = { TIDEWIRE_CONNECTORS: join(folder, "connector.json") };
  [tidewire, upstream] = await Promise.all([Harness.start({ env }), Upstream.start()]);
  await connect("default", upstream.url);
});
afterAll(async () => {
  await tidewire.end();
  await upstream.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => upstream.script(json({ ok: true })));
afterEach(() => {
  upstream.seen.splice(0);
  upstream.brokenOff = 0;
});

async function connect(name: string, url: string, credentials: JsonObject = {}): Promise<void> {
  const answer = await tidewire.api("POST", "/v1/connections?probe=false", {
    connector: "claude-api",
    name,
    credentials: { apiKey: THEIR_KEY, adminKey: THEIR_ADMIN_KEY, ...credentials },
    params: { baseUrl: `${url}/v1` },
  });
  expect(answer.status, answer.text).toBe(201);
}

async function keyOf(...scopes: string[]): Promise<string> {
  const { body } = await tidewire.api("POST", "/v1/keys", { name: "test", scopes });
  return (body.result as { key: string }).key;
}

const at = (path: string) => `${tidewire.url}/v1/proxy/claude-api${path}`;
const withKey = ({ headers, ...request }: RawRequest = {}): RawRequest => ({
  ...request,
  headers: { authorization: `Bearer ${tidewire.rootKey}`, ...headers },
});
const call = (path: string, request?: RawRequest) => raw(at(path), withKey(request));
const problem = (answer: { body: Buffer }) => JSON.parse(answer.body.toString()) as JsonObject;
const post = (body: unknown, headers: Record<string, string> = {}): RawRequest => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "content-type": "application/json", ...headers },
});

describe("what comes back", () => {
  it("is the provider's status, headers and body, byte for byte", async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0xc3, 0x28]);
    upstream.script((response) => {
      response.writeHead(418, {
        "content-type": "application/x-odd",
        "request-id": "req_7",
        "anthropic-ratelimit-x": "5",
      });
      response.end(bytes);
    });
    const answer = await call("/v1/models");
    expect(answer).toMatchObject({
      status: 418,
      headers: { "content-type": "application/x-odd", "request-id": "req_7", "anthropic-ratelimit-x": "5" },
    });
    expect(answer.body.equals(bytes)).toBe(true);
  });

  it("is an error of the provider as its own, once: nothing is retried", async () => {
    const error = { type: "error", error: { type: "overloaded_error", message: "Overloaded" }, request_id: "req_1" };
    upstream.script(json(error, 529, { "retry-after": "3", "x-should-retry": "true" }));
    const answer = await call("/v1/messages", post({}));
    expect(answer).toMatchObject({ status: 529, headers: { "retry-after": "3", "x-should-retry": "true" } });
    expect(problem(answer)).toEqual(error);
    expect(upstream.seen).toHaveLength(1);
  });

  it("may be encoded as the caller likes it, where nothing of it is read", async () => {
    const zipped = gzipSync('{"data":[]}');
    upstream.script((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(zipped);
    });
    const answer = await call("/v1/models", { headers: { "accept-encoding": "gzip, br" } });
    expect(upstream.last.headers["accept-encoding"]).toBe("gzip, br");
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(answer.body.equals(zipped)).toBe(true);
  });

  it.each([204, 304])("has no body with status %i", async (code) => {
    upstream.script(status(code, { etag: '"1"' }));
    expect(await call("/v1/models")).toMatchObject({ status: code, headers: { etag: '"1"' }, body: Buffer.alloc(0) });
  });

  it("is a head for HEAD, with the length that GET would have", async () => {
    upstream.script(text("12345", 200, { "content-length": "5" }));
    const answer = await call("/v1/models", { method: "HEAD" });
    expect(answer).toMatchObject({ status: 200, headers: { "content-length": "5" }, body: Buffer.alloc(0) });
    expect(upstream.last.method).toBe("HEAD");
  });

  it("has no cookie and nothing of the provider's connection, and tells our own request id beside the provider's", async () => {
    upstream.script(
      json({}, 200, { "set-cookie": "a=1", connection: "x-hop, close", "x-hop": "1", "x-request-id": "theirs" }),
    );
    const { headers } = await call("/v1/models");
    expect(headers).not.toHaveProperty("set-cookie");
    expect(headers).not.toHaveProperty("x-hop");
    expect(headers).toMatchObject({ "x-request-id": "theirs", "tidewire-connection": "default" });
    expect(headers["tidewire-request-id"]).toMatch(/^req_/);
  });
});

describe("streams", () => {
  it("are passed on unbuffered: the first event is there before the provider has ended", async () => {
    let goOn: () => void = () => {};
    upstream.script(async (response) => {
      response.writeHead(200, SSE).write(EVENTS[0]);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      response.end(EVENTS.slice(1).join(""));
    });
    const answer = await openRaw(at("/v1/messages"), withKey(post({ stream: true })));
    const chunks = answer[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe(EVENTS[0]);
    goOn();
    let rest = "";
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) rest += String(next.value);
    expect(rest).toBe(EVENTS.slice(1).join(""));
  });

  it("that the caller breaks off within the body are no failure of ours, small or streamed", async () => {
    const { port } = new URL(tidewire.url);
    for (const framing of ["content-length: 10", "content-length: 100000000", "transfer-encoding: chunked"]) {
      await tidewire.forgetLogs();
      const socket = connectSocket(Number(port), "127.0.0.1");
      socket.write(
        `POST /v1/proxy/claude-api/v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${tidewire.rootKey}\r\n${framing}\r\n\r\n`,
        () => setTimeout(() => socket.destroy(), 50),
      );
      await vi.waitUntil(() => tidewire.logs.some((line) => line.includes('"command":"proxy"')), { timeout: 5_000 });
      const told = tidewire.logs.find((line) => line.includes('"command":"proxy"'));
      expect([framing, (JSON.parse(told ?? "{}") as JsonObject).status]).toEqual([framing, 499]);
      expect(tidewire.logs.join("")).not.toContain("request failed");
    }
  });

  it("end at the provider when the caller goes away, before the first byte and after it", async () => {
    const answers: Answer[] = [silence, (response) => void response.writeHead(200, SSE).write(EVENTS[0])];
    for (const [n, answer] of answers.entries()) {
      upstream.script(answer);
      const controller = new AbortController();
      const opened = openRaw(at("/v1/messages"), withKey({ ...post({ stream: true }), signal: controller.signal }));
      await upstream.arrived(n + 1);
      if (n === 1) (await opened).on("error", () => {});
      controller.abort();
      await opened.catch(() => {});
      while (upstream.brokenOff <= n) await settle();
    }
  });

  it("that break off break off at the caller too, and are not taken for whole", async () => {
    upstream.script((response) => {
      response.writeHead(200, SSE).write(EVENTS[0], () => response.socket?.destroy());
    });
    await expect(call("/v1/messages", post({ stream: true }))).rejects.toThrow();
    expect(tidewire.logs.join("")).toMatch(/the answer broke off/);
  });
});

describe("what goes to the provider", () => {
  it("is the caller's method, path, query, headers and body, with the connection's key for the caller's", async () => {
    await call("/v1/messages?beta=true&x=a%20b", {
      ...post(
        { stream: false },
        { "anthropic-beta": "one,two", "x-stainless-lang": "js", "user-agent": "Anthropic/JS" },
      ),
    });
    expect(upstream.last).toMatchObject({
      method: "POST",
      url: "/v1/messages?beta=true&x=a%20b",
      headers: {
        "x-api-key": THEIR_KEY,
        "anthropic-beta": "one,two",
        "x-stainless-lang": "js",
        "user-agent": "Anthropic/JS",
        "content-type": "application/json",
      },
    });
    expect(upstream.last.body.toString()).toBe('{"stream":false}');
  });

  it("never holds the caller's key, a cookie, or what is of the way here", async () => {
    const key = tidewire.rootKey;
    await call("/v1/models?connection=default", {
      headers: {
        "x-api-key": key,
        cookie: `session=${key}`,
        connection: "x-mine, close",
        "x-mine": key,
        forwarded: `for=${key}`,
        "x-forwarded-for": key,
        "tidewire-anything": key,
        "proxy-authorization": key,
        "x-http-method-override": "DELETE",
      },
    });
    const sent = JSON.stringify(upstream.last);
    expect(sent).not.toContain(key);
    expect(sent).not.toMatch(/forwarded|tidewire|cookie|x-mine|override|proxy-auth/i);
    expect(upstream.last.url).toBe("/v1/models");
    expect(upstream.last.headers.host).toBe(new URL(upstream.url).host);
  });

  it("has the manifest's headers only where the caller sent none", async () => {
    await call("/v1/models");
    expect(upstream.last.headers["anthropic-version"]).toBe("2023-06-01");
    await call("/v1/models", { headers: { "anthropic-version": "2026-10-21" } });
    expect(upstream.last.headers["anthropic-version"]).toBe("2026-10-21");
  });

  it("has a path that repeats the base URL's own or leaves it out, and cannot leave it", async () => {
    await call("/v1/models/x");
    await call("/models/x");
    await call("/v1/./models/y/../x");
    expect(upstream.seen.map(({ url }) => url)).toEqual(["/v1/models/x", "/v1/models/x", "/v1/models/x"]);
    const up = await call("/../../../v1/nothing");
    expect(problem(up)).toMatchObject({ status: 404, code: "not_found" });
    const hidden = await call("/models/..%2f..%2forganizations");
    expect(hidden.status).toBe(400);
    expect(problem(hidden)).toMatchObject({ code: "invalid_input" });
    expect(upstream.seen).toHaveLength(3);
  });

  it("streams a body of unknown length, and a large one of a known length", async () => {
    const pieces = Array.from({ length: 40 }, (_, n) => Buffer.alloc(10_000, n));
    const whole = Buffer.concat(pieces);
    async function* body() {
      yield* pieces;
    }
    await call("/v1/files", { method: "POST", body: body(), headers: { "transfer-encoding": "chunked" } });
    await call("/v1/files", { method: "POST", body: whole, headers: { "content-length": String(whole.length) } });
    expect(upstream.seen.map((seen) => seen.body.equals(whole))).toEqual([true, true]);
    expect(upstream.last.headers["content-length"]).toBe(String(whole.length));
    await call("/v1/files", { method: "DELETE" });
    expect(upstream.last.body).toHaveLength(0);
  });

  it("may be refused before it is whole: the answer reaches the caller", async () => {
    const early = createServer((_request, response) => void response.writeHead(413).end());
    await new Promise<void>((resolve) => early.listen(0, "127.0.0.1", resolve));
    await connect("early", `http://127.0.0.1:${(early.address() as AddressInfo).port}`);
    async function* large() {
      for (let n = 0; n < 200; n++) yield Buffer.alloc(64 * 1024);
    }
    const headers = { "transfer-encoding": "chunked" };
    const answer = await call("/v1/files?connection=early", { method: "POST", body: large(), headers });
    expect(answer.status).toBe(413);
    early.closeAllConnections();
    early.close();
  });
});

describe("credential and scope", () => {
  it("are those of the operation at the path", async () => {
    await call("/v1/organizations/users");
    await call("/v1/organizations/something/new");
    await call("/v1/models");
    await call("/v1/new/thing");
    expect(upstream.seen.map(({ headers }) => headers["x-api-key"])).toEqual([
      THEIR_ADMIN_KEY,
      THEIR_ADMIN_KEY,
      THEIR_KEY,
      THEIR_KEY,
    ]);
  });

  it.each([
    ["actions:read", "GET", "/v1/models", 200],
    ["actions:read", "POST", "/v1/messages/count_tokens", 200],
    ["actions:read", "POST", "/v1/messages", 403],
    ["actions:read", "DELETE", "/v1/files/f", 403],
    ["actions:write", "POST", "/v1/messages", 200],
    ["actions:write", "GET", "/v1/models", 403],
    ["actions:write", "POST", "/v1/new/thing", 403],
    ["actions:write", "POST", "/v1//messages", 403],
    ["subscriptions", "GET", "/v1/models", 403],
    ["admin", "POST", "/v1/new/thing", 200],
  ])("a key with %s: %s %s is %i", async (scope, method, path, expected) => {
    const key = await keyOf(scope);
    const answer = await raw(at(path), { method, headers: { "x-api-key": key } });
    expect(answer.status).toBe(expected);
    expect(upstream.seen).toHaveLength(expected === 200 ? 1 : 0);
    if (expected === 403) expect(problem(answer)).toMatchObject({ code: "forbidden" });
  });

  it("need a key, and a connection that has the credential", async () => {
    expect((await raw(at("/v1/models"))).status).toBe(401);
    await tidewire.api("POST", "/v1/connections?probe=false", {
      connector: "claude-api",
      name: "plain",
      credentials: { apiKey: THEIR_KEY },
      params: { baseUrl: `${upstream.url}/v1` },
    });
    const answer = await call("/v1/organizations/users?connection=plain");
    expect(problem(answer)).toMatchObject({ status: 400, code: "credential_missing" });
    expect((await call("/v1/models", { method: "TRACE" })).status).toBe(405);
    expect(upstream.seen).toEqual([]);
  });

  it("are of the account that a header or the query names", async () => {
    const other = await Upstream.start(json({ other: true }));
    await connect("other", other.url);
    await call("/v1/models", { headers: { "tidewire-connection": "other" } });
    await call("/v1/models?limit=1&connection=other&page=2");
    expect(other.seen.map(({ url }) => url)).toEqual(["/v1/models", "/v1/models?limit=1&page=2"]);
    expect(problem(await call("/v1/models?connection=none"))).toMatchObject({ status: 404, code: "not_found" });
    expect(upstream.seen).toEqual([]);
    await other.stop();
  });
});

describe("links to the provider", () => {
  it("become the proxy's own, with the length put right and all else as it was", async () => {
    const body = `{"big": 12345678901234567890, "id":"b","results_url": ${JSON.stringify(BATCH.results_url)} }`;
    upstream.script(text(body, 200, { "content-type": "application/json", "content-length": String(body.length) }));
    const answer = await call("/v1/messages/batches/b");
    const expected = body.replace("https://api.anthropic.com", at(""));
    expect(answer.body.toString()).toBe(expected);
    expect(answer.headers["content-length"]).toBe(String(expected.length));
    expect(upstream.last.headers["accept-encoding"]).toBe("identity");
  });

  it("do so in each record of a list, and name the account that the caller named", async () => {
    upstream.script(json({ data: [BATCH, { ...BATCH, results_url: null }, BATCH], has_more: false }));
    const { data } = problem(await call("/v1/messages/batches?connection=default")) as { data: JsonObject[] };
    const link = at("/v1/messages/batches/msgbatch_1/results?connection=default");
    expect(data.map(({ results_url }) => results_url)).toEqual([link, null, link]);
  });

  it("are not looked for where the manifest names none", async () => {
    const body = { results_url: BATCH.results_url, data: [BATCH] };
    upstream.script(json(body));
    for (const path of ["/v1/models", "/v1/unknown", "/v1/files"]) expect(problem(await call(path))).toEqual(body);
  });

  it("never reach the caller when they cannot be seen: encoded, or in more than is read whole", async () => {
    upstream.script((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(gzipSync(JSON.stringify(BATCH)));
    });
    expect(problem(await call("/v1/messages/batches/b"))).toMatchObject({ status: 502, code: "upstream_invalid" });
    const huge = JSON.stringify({ ...BATCH, more: "x".repeat(33 * 1024 * 1024) });
    upstream.script(text(huge, 200, { "content-type": "application/json" }));
    expect(problem(await call("/v1/messages/batches/b"))).toMatchObject({ status: 502, code: "upstream_invalid" });
  });

  it("in a redirect lead through the proxy, and it is not followed here", async () => {
    upstream.script(status(307, { location: "/v1/files/f/content?a=1" }));
    const answer = await call("/v1/files/f");
    expect(answer).toMatchObject({ status: 307, headers: { location: at("/v1/files/f/content?a=1") } });
    expect(upstream.seen).toHaveLength(1);
  });
});

describe("when there is no answer", () => {
  it("says that the provider could not be reached, once", async () => {
    upstream.script(hangUp);
    const answer = await call("/v1/messages", post({}));
    expect(answer.headers["content-type"]).toBe("application/problem+json");
    expect(problem(answer)).toMatchObject({ status: 502, code: "upstream_unreachable", upstream: { attempts: 1 } });
    expect(upstream.seen).toHaveLength(1);
  });

  it("says that it took too long, after the operation's own time", async () => {
    upstream.script(silence);
    const answer = call("/v1/messages", post({}));
    await upstream.arrived(1);
    await tidewire.clock.advance(600_000);
    expect(problem(await answer)).toMatchObject({ status: 504, code: "upstream_timeout" });
  });

  it("says that an address may not be called, as trouble on our side", async () => {
    const before = await Harness.start();
    await before.connect("default");
    await before.stop();
    const after = await Harness.start({ folder: before.folder, env: { TIDEWIRE_ALLOWED_UPSTREAMS: "" } });
    const answer = await after.api("GET", "/v1/proxy/claude-api/v1/models");
    expect(answer).toMatchObject({ status: 502, body: { code: "invalid_upstream" } });
    await after.end();
  });
});

describe("the event of a message", () => {
  let subscription: string;
  beforeAll(async () => {
    const answer = await tidewire.api("POST", "/v1/subscriptions", {
      url: "http://127.0.0.1:9/hook",
      events: ["messages.created"],
    });
    subscription = (answer.body.result as { id: string }).id;
  });
  afterAll(() => tidewire.api("DELETE", `/v1/subscriptions/${subscription}`));

  const told = async () => {
    const { body } = await tidewire.api("GET", "/v1/events?type=messages.created&limit=200");
    return (body.result as { data: JsonObject }[]).map(({ data }) => data);
  };
  const DATA = { id: "msg_1", content: "Hello", role: "assistant", stop_reason: "end_turn", usage_output_tokens: 9 };

  it("is stored when its answer comes, which stays as it was", async () => {
    const before = await told();
    upstream.script(json(MESSAGE));
    expect(problem(await call("/v1/messages", post({})))).toEqual(MESSAGE);
    expect(upstream.last.headers["accept-encoding"]).toBe("identity");
    expect(await told()).toEqual([expect.objectContaining(DATA), ...before]);
  });

  it("is stored before the end of a stream goes out", async () => {
    const before = (await told()).length;
    upstream.script((response) => {
      response.writeHead(200, SSE).write(EVENTS.slice(0, -1).join(""));
      void settle().then(() => response.write(EVENTS.at(-1))); // and never ended
    });
    const answer = await openRaw(at("/v1/messages"), withKey(post({ stream: true })));
    let seen = "";
    for await (const chunk of answer) {
      seen += String(chunk);
      const isWhole = seen.includes("message_stop");
      expect(await told()).toHaveLength(before + (isWhole ? 1 : 0));
      if (isWhole) break;
    }
    expect(seen).toBe(EVENTS.join(""));
    expect((await told())[0]).toMatchObject(DATA);
  });

  it("is not made of a stream that ends in an error, breaks off or is left, of an error, nor of what is no message", async () => {
    const before = await told();
    const stream = (body: string): Answer => text(body, 200, SSE);
    const streamed = () => call("/v1/messages", post({ stream: true }));
    upstream.script(stream(`${EVENTS.slice(0, -1).join("")}event: error\ndata: {"type":"error"}\n\n`));
    expect((await streamed()).status).toBe(200);
    upstream.script((response) => {
      response.writeHead(200, SSE).write(EVENTS.slice(0, -1).join(""), () => response.socket?.destroy());
    });
    await expect(streamed()).rejects.toThrow();
    upstream.script(
      json(MESSAGE, 400),
      text("<html>", 200, { "content-type": "text/html" }),
      text("{", 200, { "content-type": "application/json" }),
    );
    expect((await streamed()).status).toBe(400);
    expect((await streamed()).body.toString()).toBe("<html>");
    expect((await streamed()).body.toString()).toBe("{");
    upstream.script(json(MESSAGE));
    await call("/v1/messages/count_tokens", post({}));
    expect(await told()).toEqual(before);
  });

  it("is made of a streamed operation too, before its end", async () => {
    const before = (await told()).length;
    upstream.script(text(EVENTS.join(""), 200, SSE));
    const input = { model: "m", max_tokens: 5, messages: [{ role: "user", content: "x" }], stream: true };
    const path = "/v1/connectors/claude-api/operations/messages.create?connection=default";
    const answer = await tidewire.api("POST", path, input);
    expect(answer.text).toBe(EVENTS.join(""));
    expect(await told()).toHaveLength(before + 1);
    expect((await told())[0]).toMatchObject(DATA);
  });
});

describe("the log", () => {
  it("names the operation and no key", async () => {
    await tidewire.forgetLogs();
    await call("/v1/models/m?connection=default&api_key=tw_in_the_query");
    await call("/v1/new/thing");
    expect(await tidewire.requestsLogged("proxy", 2)).toMatchObject([
      { operation: "models.read", method: "GET", path: "/v1/proxy/claude-api/v1/models/m", status: 200 },
      { operation: null, path: "/v1/proxy/claude-api/v1/new/thing", status: 200 },
    ]);
    expect(tidewire.logs.join("")).not.toMatch(/tw_|sk-ant/);
  });
});

it("the OpenAPI document tells of the proxy", async () => {
  const { body } = await tidewire.api("GET", "/openapi.json");
  const path = (body.paths as Record<string, JsonObject>)["/v1/proxy/{connector}/{path}"];
  expect(Object.keys(path ?? {})).toEqual(expect.arrayContaining(["get", "post", "put", "patch", "delete"]));
});
