import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import type { BinaryInput } from "../../src/model/binary.ts";
import { type Answer, hangUp, json, silence, status, text, Upstream } from "../support/upstream.ts";
import { callOf, connectorOf, openRig, type Rig, until } from "./rig.ts";

const TIMEOUT_MS = 60_000;
const connector = connectorOf(
  {
    operations: {
      read: { method: "GET" },
      create: { method: "POST", input: [{ name: "a", type: "Integer" }], body: { encoding: "json" } },
      upload: {
        method: "POST",
        input: [{ name: "file", type: "Binary" }],
        body: { encoding: "multipart", parts: [{ name: "file", param: "file" }] },
      },
    },
  },
  { timeout: "60s", errors: { requestIdHeader: "request-id" } },
);

let upstream: Upstream;
let rig: Rig;
beforeEach(async () => {
  rig = openRig();
  upstream = await Upstream.start();
});
afterEach(async () => {
  await rig.close();
  await upstream.stop();
});

const call = (operation: string, input = {}, change: Partial<OperationCall> = {}): OperationCall => ({
  ...callOf(connector, operation, upstream.url, input),
  ...change,
});
const run = (operation: string, input = {}, change: Partial<OperationCall> = {}) =>
  execute(rig.deps, call(operation, input, change));

/** Turns the clock over a wait between two tries, and proves that it is exactly `ms`. */
async function waits(ms: number, sentBefore: number): Promise<void> {
  await until(() => rig.clock.pending === 2);
  await rig.clock.advance(ms - 1);
  expect(upstream.seen).toHaveLength(sentBefore);
  await rig.clock.advance(1);
}

describe("trying again", () => {
  test("stops where the refusal says that it would come again (a spend limit was tried three times)", async () => {
    const final = { field: ["error", "details", "error_code"], equals: "spent" };
    const spent = connectorOf({ operations: { read: { method: "GET" } } }, { errors: { final } });
    const refusal = (code: string | null) =>
      json({ error: { type: "limit", details: code && { error_code: code } } }, 429);
    upstream.script(refusal(null), refusal("spent"), json({ id: "1" }));
    const running = execute(rig.deps, callOf(spent, "read", upstream.url)).catch((error: unknown) => error);
    await waits(500, 1);
    expect(await running).toMatchObject({ status: 429, upstream: { type: "limit", attempts: 2 } });
    expect(upstream.seen).toHaveLength(2);
    expect(rig.clock.pending).toBe(0);
  });

  test("backs off as the official SDK does, and tells how many tries it took", async () => {
    upstream.script(status(529), status(500), json({ id: "1" }));
    const running = run("create", { a: 1 });
    await waits(500, 1);
    await waits(1000, 2);
    expect((await running).meta?.attempts).toBe(3);
    expect(upstream.seen.map(({ body }) => body.toString())).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
    expect(rig.clock.pending).toBe(0);
  });

  test("takes the jitter off the wait", async () => {
    upstream.script(status(503), json({}));
    const running = execute({ ...rig.deps, random: () => 0.8 }, call("read"));
    await waits(400, 1);
    await running;
  });

  test.each<[string, Record<string, string>, number]>([
    ["retry-after-ms", { "retry-after-ms": "1234", "retry-after": "9" }, 1234],
    ["retry-after in seconds", { "retry-after": "7" }, 7000],
  ])("waits as %s says", async (_, headers, ms) => {
    upstream.script(status(429, headers), json({}));
    const running = run("read");
    await waits(ms, 1);
    await running;
  });

  test("is vetoed and ordered by x-should-retry", async () => {
    upstream.script(status(529, { "x-should-retry": "false" }));
    await expect(run("read")).rejects.toMatchObject({ upstream: { status: 529, attempts: 1 } });
    upstream.script(status(400, { "x-should-retry": "true" }), json({}));
    const running = run("read");
    await waits(500, 2);
    await running;
  });

  test("ends after three tries with what the provider said last", async () => {
    upstream.script(status(500), status(500), json({ error: { type: "api_error", message: "third" } }, 500));
    const running = run("read");
    const failure = expect(running).rejects.toMatchObject({
      upstream: { type: "api_error", message: "third", attempts: 3 },
    });
    await waits(500, 1);
    await waits(1000, 2);
    await failure;
  });

  test("does not wait longer than the deadline: the provider's answer is told at once, with its wait", async () => {
    upstream.script(json({ error: { type: "rate_limit_error", message: "slow down" } }, 429, { "retry-after": "60" }));
    await expect(run("read")).rejects.toMatchObject({ code: "upstream_error", status: 429, retryAfterMs: 60_000 });
    expect(upstream.seen).toHaveLength(1);
  });

  test("a read whose connection broke is sent again", async () => {
    upstream.script(hangUp, json({ id: "1" }));
    const running = run("read");
    await waits(500, 1);
    expect((await running).meta?.attempts).toBe(2);
  });

  test("a POST that may have been received is not", async () => {
    upstream.script(hangUp);
    await expect(run("create", { a: 1 })).rejects.toMatchObject({ code: "upstream_unreachable", status: 502 });
    expect(upstream.seen).toHaveLength(1);
  });

  test("lets go of the answer that it does not take, however long that is", async () => {
    upstream.script((response) => void response.writeHead(529).write("no end"), json({}));
    const running = run("read");
    await waits(500, 1);
    await running;
    await until(() => upstream.brokenOff === 1);
  });

  test("opens a file anew for each try", async () => {
    let opened = 0;
    const file: BinaryInput = {
      filename: "a.txt",
      contentType: "text/plain",
      size: 3,
      async *open() {
        opened += 1;
        yield Buffer.from("abc");
      },
    };
    upstream.script(status(529), json({}));
    const running = run("upload", { file });
    await waits(500, 1);
    await running;
    expect(opened).toBe(2);
    expect(upstream.seen.map(({ body }) => body.toString().includes("abc"))).toEqual([true, true]);
  });
});

describe("no answer", () => {
  test("within the deadline is upstream_timeout with what was tried, and breaks the request off", async () => {
    upstream.script(silence);
    const failure = expect(run("create", { a: 1 })).rejects.toMatchObject({
      code: "upstream_timeout",
      status: 504,
      upstream: { status: null, attempts: 1, method: "POST", url: `${upstream.url}/items` },
    });
    await upstream.arrived(1);
    await rig.clock.advance(TIMEOUT_MS);
    await failure;
    await until(() => upstream.brokenOff === 1);
    expect(rig.clock.pending).toBe(0);
  });

  test("has one deadline over all tries, and tells the failure before", async () => {
    upstream.script(status(529), silence);
    const failure = expect(run("read")).rejects.toMatchObject({
      code: "upstream_timeout",
      message: expect.stringContaining("status 529"),
      upstream: { attempts: 2 },
    });
    await waits(500, 1);
    await upstream.arrived(2);
    await rig.clock.advance(TIMEOUT_MS - 500);
    await failure;
  });

  test("from a port where nobody listens is upstream_unreachable after all tries, for a POST as well", async () => {
    const gone = await Upstream.start();
    const { url } = gone;
    await gone.stop();
    const failure = expect(execute(rig.deps, callOf(connector, "create", url, { a: 1 }))).rejects.toMatchObject({
      code: "upstream_unreachable",
      status: 502,
      message: expect.stringMatching(new RegExp(`${url} failed after 3 tries: .*[^.]\\.$`)),
      upstream: { status: null, attempts: 3, method: "POST", url: `${url}/items` },
    });
    await waits(500, 0);
    await waits(1000, 0);
    await failure;
  });

  test("is told with the URL, less the secrets in it", async () => {
    const auth = { method: "api_token" as const, in: "query" as const, name: "k", fields: [{ name: "apiKey" }] };
    const open = connectorOf({ operations: { create: { method: "POST" } } }, { auth });
    upstream.script(hangUp);
    const failure = await execute(rig.deps, callOf(open, "create", upstream.url)).catch((thrown) => thrown);
    expect(upstream.last.url).toBe("/items?k=sk-secret-1");
    expect(failure.upstream.url).toBe(`${upstream.url}/items?k=[secret]`);
    expect(failure.message).not.toContain("sk-secret-1");
  });

  test("from an address that may not be called is our refusal", async () => {
    const refused = callOf(connector, "read", "http://169.254.169.254/latest");
    await expect(execute(rig.deps, refused)).rejects.toMatchObject({ code: "invalid_upstream", status: 400 });
  });

  test("is awaited only while the caller waits: his abort reaches the provider", async () => {
    const caller = new AbortController();
    upstream.script(silence);
    const failure = expect(run("read", {}, { signal: caller.signal })).rejects.toMatchObject({ code: "aborted" });
    await upstream.arrived(1);
    caller.abort();
    await failure;
    await until(() => upstream.brokenOff === 1);
    expect(rig.clock.pending).toBe(0);
  });

  test("between two tries an abort ends it as well", async () => {
    const caller = new AbortController();
    upstream.script(status(529));
    const failure = expect(run("read", {}, { signal: caller.signal })).rejects.toMatchObject({ code: "aborted" });
    await until(() => rig.clock.pending === 2);
    caller.abort();
    await failure;
    expect(upstream.seen).toHaveLength(1);
    expect(rig.clock.pending).toBe(0);
  });

  test("is not asked for when the caller is gone already", async () => {
    await expect(run("read", {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
    expect(upstream.seen).toHaveLength(0);
  });
});

describe("an answer that is an error", () => {
  const envelope = (code: number): Answer =>
    json({ type: "error", error: { type: "some_error", message: "Because." }, request_id: "req_b" }, code, {
      "request-id": "req_h",
      "x-should-retry": "false",
    });

  test.each([
    [400, 400, "upstream_error"],
    [401, 502, "upstream_unauthorized"],
    [402, 502, "upstream_unauthorized"],
    [403, 502, "upstream_unauthorized"],
    [404, 404, "upstream_error"],
    [405, 502, "upstream_error"],
    [409, 409, "upstream_error"],
    [410, 410, "upstream_error"],
    [413, 413, "upstream_error"],
    [422, 422, "upstream_error"],
    [429, 429, "upstream_error"],
    [500, 502, "upstream_error"],
    [503, 502, "upstream_error"],
    [504, 504, "upstream_error"],
    [529, 502, "upstream_error"],
  ])("%i answers %i %s with the provider's own words", async (given, answered, code) => {
    upstream.script(envelope(given));
    await expect(run("read")).rejects.toMatchObject({
      code,
      status: answered,
      upstream: { status: given, type: "some_error", message: "Because.", request_id: "req_h", attempts: 1 },
    });
  });

  test("has the code that the manifest maps its status to: the operation's before the service's", async () => {
    const mapped = connectorOf(
      {
        operations: {
          read: { method: "GET", errors: { map: [{ status: 409, code: "conflict" }] } },
          check: {
            method: "GET",
            errors: { failIf: { field: ["ok"], equals: false }, map: [{ status: 200, code: "not_found" }] },
          },
        },
      },
      {
        errors: {
          map: [
            { status: 403, code: "not_found" },
            { status: 409, code: "rate_limited" },
            { status: 420, code: "rate_limited" },
          ],
        },
      },
    );
    const failure = async (operation: string, given: Answer) => {
      upstream.script(given);
      return execute(rig.deps, callOf(mapped, operation, upstream.url)).catch((thrown: unknown) => thrown);
    };
    const hidden = await failure("read", envelope(403));
    expect(hidden).toMatchObject({ code: "not_found", status: 404, upstream: { status: 403, type: "some_error" } });
    expect(hidden).not.toHaveProperty("message", expect.stringContaining("Check the credentials"));
    expect(await failure("read", envelope(409))).toMatchObject({ code: "conflict", status: 409 });
    expect(await failure("read", envelope(420))).toMatchObject({ code: "rate_limited", status: 429 });
    expect(await failure("read", envelope(410))).toMatchObject({ code: "upstream_error", status: 410 });
    expect(await failure("check", json({ ok: false }))).toMatchObject({ code: "not_found", upstream: { status: 200 } });
  });

  test("takes the request id from the envelope when no header has it", async () => {
    upstream.script(json({ error: { type: "t", message: "m" }, request_id: "req_b" }, 400));
    await expect(run("read")).rejects.toMatchObject({ upstream: { request_id: "req_b" } });
  });

  test("of a refused credential names the connection to mend", async () => {
    upstream.script(envelope(401));
    await expect(run("read")).rejects.toThrow(/credentials of the connection "default"/);
  });

  test.each<[string, Answer, string | undefined]>([
    [
      "an HTML page",
      text("<!DOCTYPE html><title>502 Bad\nGateway</title>", 404, { "content-type": "text/html" }),
      'an HTML page, "502 Bad Gateway"',
    ],
    ["plain text", text("upstream connect\n error", 404), "upstream connect error"],
    ["JSON of another form", json(["no"], 404), '["no"]'],
    ["nothing", status(404), undefined],
    ["more than is read", text("x".repeat(600_000), 404), undefined],
  ])("in %s is told as far as it can be", async (_, answer, message) => {
    upstream.script(answer);
    const failure = await run("read").catch((thrown) => thrown);
    expect(failure).toMatchObject({ code: "upstream_error", status: 404, upstream: { status: 404 } });
    expect(failure.upstream.message).toBe(message);
  });

  test("in an HTML page that is made to be slow to read is read as fast as any", async () => {
    upstream.script(text("<title".repeat(40_000), 404, { "content-type": "text/html" }));
    const startedAt = performance.now();
    await expect(run("read")).rejects.toMatchObject({ upstream: { message: "an HTML page" } });
    expect(performance.now() - startedAt).toBeLessThan(1_000); // it was 4 s
  });

  test.each<[string, Answer]>([
    ["in its own form", json({ error: { type: "t", message: "Incorrect API key provided: sk-secret-1." } }, 401)],
    ["in plain text", text("Incorrect API key provided: sk-secret-1.", 401)],
  ])("that repeats the credential is told without it, %s", async (_, answer) => {
    upstream.script(answer);
    const failure = await run("read").catch((thrown) => thrown);
    expect(failure.upstream.message).toBe("Incorrect API key provided: [secret].");
    expect(failure.message).not.toContain("sk-secret-1");
  });

  test("a redirect is one: a credential does not follow it", async () => {
    upstream.script(status(302, { location: "http://elsewhere.example/" }));
    await expect(run("read")).rejects.toMatchObject({ code: "upstream_error", status: 502, upstream: { status: 302 } });
  });
});

test("a query may be long: a hundred ids, a page token", async () => {
  upstream.script(json({ data: [] }));
  const list = connectorOf({
    operations: {
      list: {
        method: "GET",
        input: [{ name: "ids", type: "Array" }],
        queryParams: { ids: { value: "{{ids}}", array: "brackets" } },
      },
    },
  });
  const ids = Array.from({ length: 100 }, (_, index) => `file_011CNha8iCJcU1wXNR6q4V${index}`);
  await execute(rig.deps, callOf(list, "list", upstream.url, { ids }));
  expect(new URL(upstream.last.url, upstream.url).searchParams.getAll("ids[]")).toEqual(ids);
});
