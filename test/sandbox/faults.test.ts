import { describe, expect, it } from "vitest";
import type { FaultRule } from "../../src/sandbox/fault-rules.ts";
import { HELLO, idsOf, openSandbox, type Reply } from "./caller.ts";

async function afterFault(rule: FaultRule, path = "/v1/models"): Promise<Reply> {
  const { call, sandbox } = openSandbox();
  sandbox.faults.add(rule);
  const reply = await call("GET", path);
  expect((await call("GET", path)).status).toBe(200);
  return reply;
}

describe("a fault in place of the answer", () => {
  it.each<[FaultRule, number, string]>([
    [{ kind: "not_found" }, 404, "not_found_error"],
    [{ kind: "rate_limited", retryAfter: 7 }, 429, "rate_limit_error"],
    [{ kind: "rate_limited" }, 429, "rate_limit_error"],
    [{ kind: "server_error" }, 500, "api_error"],
    [{ kind: "overloaded" }, 529, "overloaded_error"],
    [{ kind: "status", status: 504 }, 504, "timeout_error"],
    [{ kind: "status", status: 403, message: "no" }, 403, "permission_error"],
  ])("%j is met once", async (rule, status, type) => {
    const reply = await afterFault(rule);
    expect([reply.status, reply.error.split(":")[0]]).toEqual([status, type]);
    expect(reply.json.request_id).toBe(reply.headers.get("request-id"));
    expect(reply.headers.get("retry-after")).toBe(rule.kind === "rate_limited" && rule.retryAfter ? "7" : null);
  });

  it("can be the spend limit, which says nothing of when to try again", async () => {
    const reply = await afterFault({ kind: "spend_limit" });
    expect(reply.json.error).toMatchObject({ details: { error_code: "enforced_spend_limit_reached" } });
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([429, null]);
  });

  it("can order or forbid a retry", async () => {
    const reply = await afterFault({ kind: "server_error", headers: { "x-should-retry": "false" } });
    expect(reply.headers.get("x-should-retry")).toBe("false");
  });

  it("can be a page of HTML, with any status", async () => {
    const bad = await afterFault({ kind: "html" });
    expect([bad.status, bad.headers.get("content-type")]).toEqual([502, "text/html; charset=utf-8"]);
    expect((await afterFault({ kind: "html", status: 200 })).text).toContain("<html>");
  });

  it("can be no answer at all", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "reset" });
    await expect(call("GET", "/v1/models")).rejects.toThrow("reset the connection");
  });

  it("can keep the caller waiting", async () => {
    const { call, sandbox, clock } = openSandbox();
    sandbox.faults.add({ kind: "delay", ms: 5_000 });
    let status = 0;
    const done = call("GET", "/v1/models").then((reply) => {
      status = reply.status;
    });
    await clock.advance(4_999);
    expect(status).toBe(0);
    await clock.advance(1);
    await done;
    expect(status).toBe(200);
  });
});

describe("a bent listing", () => {
  it.each(["/v1/models", "/v1/skills"])("of %s can be empty", async (path) => {
    expect(idsOf((await afterFault({ kind: "empty_list" }, path)).json)).toEqual([]);
  });

  it("can have pages of one", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "page_size", size: 1, times: 0 });
    const page = (await call("GET", "/v1/models?limit=1000")).json;
    expect([idsOf(page), page.has_more]).toEqual([["claude-fable-5-2"], true]);
    expect(idsOf((await call("GET", `/v1/models?after_id=${page.last_id}`)).json)).toEqual(["claude-mythos-5-2"]);
  });

  it("can be an empty page that names a next one, and goes on after it", async () => {
    const { call, sandbox } = openSandbox();
    const all = idsOf((await call("GET", "/v1/skills")).json);
    const first = (await call("GET", "/v1/skills?limit=1")).json;
    sandbox.faults.add({ kind: "empty_page", page: "later" });
    const empty = (await call("GET", `/v1/skills?limit=1&page=${first.next_page}`)).json;
    expect([empty.data, empty.next_page]).toEqual([[], expect.stringMatching(/^page_/)]);
    expect(idsOf((await call("GET", `/v1/skills?page=${empty.next_page}`)).json)).toEqual(all.slice(1));
    sandbox.faults.add({ kind: "empty_page" });
    expect((await call("GET", "/v1/models")).json).toMatchObject({ data: [], has_more: true, last_id: null });
  });

  it("can name the same page again and again", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "repeat_token", times: 0 });
    const first = (await call("GET", "/v1/skills?limit=2")).json;
    const again = (await call("GET", `/v1/skills?limit=2&page=${first.next_page}`)).json;
    expect(again).toEqual(first);
    const models = (await call("GET", "/v1/models?limit=2")).json;
    expect((await call("GET", `/v1/models?limit=2&after_id=${models.last_id}`)).json).toEqual(models);
    expect(models.has_more).toBe(true);
  });
});

describe("a rule", () => {
  it("meets its method and path only, with * for anything", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "overloaded", method: "post", path: "/v1/messages*", times: 0 });
    expect((await call("GET", "/v1/messages/batches")).status).toBe(200);
    expect((await call("POST", "/v1/messages", HELLO)).status).toBe(529);
    expect((await call("POST", "/v1/messages/count_tokens", HELLO)).status).toBe(529);
    expect((await call("POST", "/v1/skills")).status).toBe(400);
    sandbox.faults.clear();
    expect((await call("POST", "/v1/messages", HELLO)).status).toBe(200);
  });

  it("skips some requests, then meets as many as it should", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "server_error", skip: 2, times: 2 });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await call("GET", "/v1/models")).status);
    expect(statuses).toEqual([200, 200, 500, 500, 200]);
    expect(sandbox.faults.list()).toEqual([]);
  });

  it("meets a listing's later pages only, when told so", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "html", status: 500, page: "later" });
    const { last_id } = (await call("GET", "/v1/models?limit=1")).json;
    expect((await call("GET", `/v1/models?after_id=${last_id}`)).status).toBe(500);
  });

  it("waits for a request that has passed the gate", async () => {
    const { call, sandbox } = openSandbox();
    sandbox.faults.add({ kind: "server_error" });
    expect((await call("GET", "/v1/models", undefined, { "x-api-key": null })).status).toBe(401);
    expect((await call("GET", "/v1/models")).status).toBe(500);
  });

  it("must be whole", () => {
    const { sandbox } = openSandbox();
    const add = (rule: object) => () => sandbox.faults.add(rule as FaultRule);
    expect(add({ kind: "earthquake" })).toThrow('"earthquake" is none of not_found, rate_limited');
    expect(add({ kind: "page_size" })).toThrow("size: a fault");
    expect(add({ kind: "page_size", size: 0 })).toThrow("size: a fault");
    expect(add({ kind: "delay", ms: "long" })).toThrow("ms: a fault");
    expect(add({ kind: "reset", method: 5 })).toThrow("method: needs a text");
    expect(add({ kind: "reset", page: 2 })).toThrow('page: needs "first"');
    expect(add({ kind: "reset", headers: { a: 1 } })).toThrow("headers: needs texts");
  });
});
