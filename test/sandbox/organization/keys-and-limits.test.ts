import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/kernel/json.ts";
import { DEFAULT_WORKSPACE_ID, seededId } from "../../../src/sandbox/organization/identity.ts";
import { openSandbox } from "../caller.ts";

const OLDER = { "anthropic-version": "2023-06-01" };
const STAGING = seededId("wrkspc", "Staging");

describe("the Admin API", () => {
  it.each([
    [{ "x-api-key": "sk-ant-admin01-x" }, 200],
    [{ "x-api-key": null, authorization: "Bearer sk-ant-admin01-x" }, 200],
    [{ "x-api-key": "sandbox-admin" }, 200],
    [{ "x-api-key": "sk-ant-api03-x" }, 401],
    [{ "x-api-key": "sandbox" }, 401],
    [{ "x-api-key": null }, 401],
  ])("answers %j with %d", async (headers, status) => {
    const reply = await openSandbox().admin("GET", "/me", undefined, headers);
    expect(reply.status).toBe(status);
    expect(reply.headers.has("anthropic-workspace-id")).toBe(false);
  });

  it("takes only the Admin keys it was given, and minds no workspace", async () => {
    const { admin } = openSandbox({ keys: { api: ["one"], admin: ["two"] } });
    const status = async (headers: Record<string, string>) => (await admin("GET", "/me", undefined, headers)).status;
    expect([await status({ "x-api-key": "one" }), await status({ "x-api-key": "two" })]).toEqual([401, 200]);
    expect(await status({ "x-api-key": "two", "anthropic-workspace-id": "wrkspc_other" })).toBe(200);
  });

  it.each([
    ["GET", "/service_accounts", 403, "permission_error"],
    ["POST", "/federation_rules/fdrl_1/workspaces", 403, "permission_error"],
    ["GET", "/rbac_groups", 400, "invalid_request_error"],
    ["GET", "/analytics/users", 400, "invalid_request_error"],
    ["GET", "/nothing", 404, "not_found_error"],
    ["DELETE", "/workspaces/wrkspc_1", 404, "not_found_error"],
    ["POST", "/api_keys", 404, "not_found_error"],
  ])("refuses %s %s with %d", async (method, path, status, type) => {
    const reply = await openSandbox().admin(method, path);
    expect([reply.status, reply.error.split(":")[0]]).toEqual([status, type]);
  });
});

describe("API keys", () => {
  it("have the shape of each version", async () => {
    const { sandbox, admin } = openSandbox({ seedData: false });
    const { id } = sandbox.world.addApiKey({ name: "One" });
    const newer = (await admin("GET", `/api_keys/${id}`)).json;
    expect(newer).toEqual({
      id: expect.stringMatching(/^apikey_01\w{22}$/),
      type: "api_key",
      name: "One",
      status: "active",
      partial_key_hint: expect.stringMatching(/^sk-ant-api03-\w{3}\.{3}\w{4}$/),
      created_at: "2026-11-20T08:00:00.000000Z",
      expires_at: null,
      created_by: null,
      principal: null,
      scope: { type: "workspace", workspace_id: DEFAULT_WORKSPACE_ID },
    });
    expect((await admin("GET", `/api_keys/${id}`, undefined, OLDER)).json).toEqual({ ...newer, workspace_id: null });
    const staging = seededId("apikey", "Staging backend");
    const seeded = (await openSandbox().admin("GET", `/api_keys/${staging}`, undefined, OLDER)).json;
    expect(seeded.workspace_id).toBe(STAGING);
  });

  it("expire by the sandbox's clock; then they can be archived only, and that for good", async () => {
    const { sandbox, clock, admin } = openSandbox({ seedData: false });
    const { id } = sandbox.world.addApiKey({ name: "One", expiresAt: clock.now() + 1_000 });
    const set = async (body: Json) => (await admin("POST", `/api_keys/${id}`, body)).status;
    expect(await set({ status: "inactive" })).toBe(200);
    sandbox.advance(1_000);
    expect((await admin("GET", "/api_keys?status=expired")).json.data).toHaveLength(1);
    expect((await admin("GET", "/api_keys?status=inactive")).json.data).toEqual([]);
    expect([await set({ status: "active" }), await set({ status: "expired" })]).toEqual([400, 400]);
    expect([await set({ name: "Two" }), await set({ status: "archived" })]).toEqual([200, 200]);
    expect([await set({ status: "active" }), await set({ status: null, name: null })]).toEqual([400, 200]);
    expect((await admin("GET", `/api_keys/${id}`)).json).toMatchObject({ name: "Two", status: "archived" });
  });

  it.each<[Json]>([[{ name: "" }], [{ status: "revoked" }], [{ workspace_id: "wrkspc_1" }]])(
    "refuse %j",
    async (body) => {
      const { sandbox, admin } = openSandbox();
      const { id } = sandbox.world.addApiKey({ name: "One" });
      expect((await admin("POST", `/api_keys/${id}`, body)).status).toBe(400);
      expect((await admin("POST", "/api_keys/apikey_none", {})).status).toBe(404);
      expect((await admin("GET", "/api_keys?status=revoked")).status).toBe(400);
    },
  );
});

describe("rate limits", () => {
  it("have the group's type beside it in the older version", async () => {
    const { admin } = openSandbox();
    const older = (await admin("GET", "/rate_limits?group_type=batch", undefined, OLDER)).json.data[0];
    const newer = (await admin("GET", "/rate_limits?group_type=batch")).json.data[0];
    expect(older).toEqual({ ...newer, group_type: "batch" });
    expect(newer).not.toHaveProperty("group_type");
    expect(newer?.limits).toEqual([{ type: "enqueued_batch_requests", value: 500_000 }]);
  });

  it("name each model that answers in exactly one group", async () => {
    const { admin, call, sandbox } = openSandbox();
    sandbox.world.addModel({ id: "claude-opus-6", display_name: "Claude Opus 6" });
    const groups = (await admin("GET", "/rate_limits?group_type=model_group")).json.data;
    const names = groups.flatMap(({ models }) => models as string[]);
    const models = (await call("GET", "/v1/models?limit=1000")).json.data.map(({ id }) => id);
    expect(names.filter((name) => models.includes(name)).sort()).toEqual(models.sort());
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain("claude-3-opus-20240229");
  });

  it.each<[string, Json, number]>([
    [STAGING, { limits: [{ type: "requests_per_minute", value: 1.5 }] }, 400],
    [STAGING, { limits: [{ type: "requests", value: 1 }] }, 400],
    [STAGING, { limits: "none" }, 400],
    [DEFAULT_WORKSPACE_ID, { limits: [] }, 400],
    ["wrkspc_none", { limits: [] }, 404],
  ])("of %s do not take %j", async (workspace, body, status) => {
    const { admin } = openSandbox();
    const id = (await admin("GET", "/rate_limits")).json.data[0]?.id;
    expect((await admin("POST", `/workspaces/${workspace}/rate_limits/${id}`, body)).status).toBe(status);
    expect((await admin("POST", `/workspaces/${STAGING}/rate_limits/rl_none`, { limits: [] })).status).toBe(404);
  });
});
