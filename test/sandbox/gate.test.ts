import { describe, expect, it } from "vitest";
import { HELLO, openSandbox, without } from "./caller.ts";

describe("keys", () => {
  it.each([
    [{ "x-api-key": "sk-ant-api03-anything" }],
    [{ "x-api-key": null, authorization: "Bearer sk-ant-api03-anything" }],
    [{ "x-api-key": "sandbox" }],
  ])("lets %j in", async (headers) => {
    const { call } = openSandbox();
    expect((await call("GET", "/v1/models", undefined, headers)).status).toBe(200);
  });

  it.each([
    [{ "x-api-key": "sk-ant-invalid-1" }, "invalid x-api-key"],
    [{ "x-api-key": null, authorization: "Bearer sk-ant-invalid-1" }, "invalid x-api-key"],
    [{ "x-api-key": "something-else" }, "invalid x-api-key"],
    [{ "x-api-key": "sk-ant-admin01-x" }, "invalid x-api-key"],
    [{ "x-api-key": null }, "x-api-key header is required"],
  ])("refuses %j", async (headers, message) => {
    const { call } = openSandbox();
    const reply = await call("POST", "/v1/messages", HELLO, headers);
    expect(reply.status).toBe(401);
    expect(reply.json).toEqual({
      type: "error",
      error: { type: "authentication_error", message },
      request_id: reply.headers.get("request-id"),
    });
    expect(reply.headers.has("anthropic-workspace-id")).toBe(false);
  });

  it("takes only the keys it was given", async () => {
    const { call } = openSandbox({ keys: { api: ["one"], admin: ["two"] } });
    const status = async (key: string) => (await call("GET", "/v1/models", undefined, { "x-api-key": key })).status;
    expect([await status("one"), await status("two"), await status("sk-ant-1")]).toEqual([200, 401, 401]);
  });

  it("keeps the Admin API for Admin keys", async () => {
    const { call } = openSandbox();
    expect((await call("GET", "/v1/organizations/me")).status).toBe(401);
    const admin = await call("GET", "/v1/organizations/nothing", undefined, { "x-api-key": "sk-ant-admin01-x" });
    expect(admin.status).toBe(404);
    expect(admin.headers.has("anthropic-workspace-id")).toBe(false);
  });
});

describe("versions", () => {
  it("asks for one, and only one that exists", async () => {
    const { call } = openSandbox();
    const withVersion = (version: string | null) =>
      call("GET", "/v1/models", undefined, { "anthropic-version": version });
    expect((await withVersion(null)).error).toBe("invalid_request_error: anthropic-version: header is required");
    expect((await withVersion("2023-06-01, 2023-06-01")).error).toBe(
      'invalid_request_error: anthropic-version: "2023-06-01, 2023-06-01" is not a valid version',
    );
    expect((await withVersion("2023-06-01")).status).toBe(200);
  });

  it.each(["temperature", "top_p", "top_k"])("drops %s at 2026-10-21, even at its default", async (name) => {
    const { call } = openSandbox();
    const body = { ...HELLO, model: "claude-sonnet-4-6", [name]: 1 };
    for (const path of ["/v1/messages", "/v1/messages/count_tokens"]) {
      const asked = path === "/v1/messages" ? body : without(body, "max_tokens");
      expect((await call("POST", path, asked)).error).toBe(
        `invalid_request_error: ${name}: Extra inputs are not permitted`,
      );
      expect((await call("POST", path, asked, { "anthropic-version": "2023-06-01" })).status).toBe(200);
    }
  });
});

describe("every answer", () => {
  it("carries the request's, organization's and workspace's ids", async () => {
    const { call } = openSandbox();
    const { headers } = await call("GET", "/v1/models");
    expect(headers.get("request-id")).toMatch(/^req_01\w{22}$/);
    expect(headers.get("anthropic-organization-id")).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(headers.get("anthropic-workspace-id")).toMatch(/^wrkspc_/);
  });

  it("refuses another workspace than the key's", async () => {
    const { call } = openSandbox();
    const own = (await call("GET", "/v1/models")).headers.get("anthropic-workspace-id");
    const ask = async (id: string | null) =>
      (await call("GET", "/v1/models", undefined, { "anthropic-workspace-id": id })).status;
    expect([await ask(own), await ask("wrkspc_other")]).toEqual([200, 403]);
  });

  it.each([
    ["GET", "/v1/nothing"],
    ["GET", "/v1/messages"],
    ["PUT", "/v1/files/file_1"],
    ["POST", "/v1/experimental/generate_prompt"],
    ["POST", "/v1/experimental/improve_prompt"],
    ["POST", "/v1/experimental/templatize_prompt"],
  ])("is the 404 envelope for %s %s", async (method, path) => {
    const { call } = openSandbox();
    const reply = await call(method, path);
    expect(reply.status).toBe(404);
    expect(reply.json.error).toEqual({
      type: "not_found_error",
      message: "The requested resource could not be found.",
    });
    expect(reply.json.request_id).toBe(reply.headers.get("request-id"));
  });

  it("is 413 for a body beyond the cap, told by its length or found while reading", async () => {
    const { call, sandbox } = openSandbox();
    const told = await call("POST", "/v1/messages", HELLO, { "content-length": "32000001" });
    expect([told.status, told.error.split(":")[0]]).toEqual([413, "request_too_large"]);
    const chunk = new Uint8Array(1_000_000).fill(32);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => (sent++ < 33 ? controller.enqueue(chunk) : controller.close()),
    });
    const headers = { "x-api-key": "sandbox", "anthropic-version": "2023-06-01" };
    const init: RequestInit = { method: "POST", headers, body, duplex: "half" };
    expect((await sandbox.app.fetch(new Request("http://claude.test/v1/messages", init))).status).toBe(413);
  });

  it("is 400 for a body that is not a JSON object", async () => {
    const { sandbox, call } = openSandbox();
    const headers = { "x-api-key": "sandbox", "anthropic-version": "2023-06-01" };
    const request = new Request("http://claude.test/v1/messages", { method: "POST", headers, body: "{oops" });
    expect((await sandbox.app.fetch(request)).status).toBe(400);
    expect((await call("POST", "/v1/messages", [1])).error).toContain("must be a JSON object");
  });
});
