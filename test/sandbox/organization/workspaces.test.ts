import { describe, expect, it } from "vitest";
import type { Json } from "../../../src/kernel/json.ts";
import { DEFAULT_WORKSPACE_ID } from "../../../src/sandbox/organization/identity.ts";
import { type Caller, idsOf, openSandbox } from "../caller.ts";

const EMPTY = { seedData: false };

async function makeWorkspace({ admin }: Caller, name = "Lab"): Promise<string> {
  return (await admin("POST", "/workspaces", { name })).json.id;
}

describe("workspaces", () => {
  it("have the shape of the API", async () => {
    const { admin } = openSandbox(EMPTY);
    expect((await admin("POST", "/workspaces", { name: "Lab" })).json).toEqual({
      id: expect.stringMatching(/^wrkspc_01\w{22}$/),
      type: "workspace",
      name: "Lab",
      display_color: "#6C5BB9",
      created_at: "2026-11-20T08:00:00.000000Z",
      archived_at: null,
      compartment_id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-8[\da-f]{3}-[\da-f]{12}$/),
      data_residency: {
        workspace_geo: "us",
        allowed_inference_geos: "unrestricted",
        default_inference_geo: "global",
      },
      external_key_id: null,
      tags: {},
      user_profile_id: null,
    });
  });

  it.each<[Json, string]>([
    [{}, "name: Field required"],
    [{ name: "  " }, "name: String should have at least 1 character"],
    [{ name: "x", description: "y" }, "description: Extra inputs"],
    [{ name: "x", display_color: "red" }, "display_color:"],
    [{ name: "x", tags: { anthropic_team: "y" } }, "tags.anthropic_team:"],
    [{ name: "x", tags: { team: 1 } }, "tags.team:"],
    [{ name: "x", external_key_id: "ekey_1" }, "external_key_id:"],
    [{ name: "x", user_profile_id: "uprof_1" }, "user_profile_id:"],
    [{ name: "x", data_residency: { workspace_geo: "eu" } }, "data_residency.workspace_geo: Input should be 'us'"],
    [
      { name: "x", data_residency: { allowed_inference_geos: ["us"] } },
      "data_residency.default_inference_geo: must be",
    ],
    [{ name: "x", data_residency: { region: "us" } }, "data_residency.region: Extra inputs"],
  ])("refuse %j", async (body, message) => {
    const caller = openSandbox(EMPTY);
    const made = await caller.admin("POST", "/workspaces", body);
    expect([made.status, made.error.includes(message)]).toEqual([400, true]);
    expect((await caller.admin("GET", "/workspaces")).json.data).toEqual([]);
  });

  it("keep where they are stored", async () => {
    const caller = openSandbox(EMPTY);
    const id = await makeWorkspace(caller);
    const moved = await caller.admin("POST", `/workspaces/${id}`, { data_residency: { workspace_geo: "us" } });
    expect(moved.error).toContain("data_residency.workspace_geo: Extra inputs");
  });

  it("are 100 at most; archived ones do not count", async () => {
    const caller = openSandbox(EMPTY);
    for (let i = 1; i < 100; i++) caller.sandbox.world.addWorkspace({ name: `${i}` });
    const refused = await caller.admin("POST", "/workspaces", { name: "Too many" });
    expect([refused.status, refused.error.includes("limit")]).toEqual([400, true]);
    const [newest] = idsOf((await caller.admin("GET", "/workspaces")).json);
    await caller.admin("POST", `/workspaces/${newest}/archive`);
    expect((await caller.admin("POST", "/workspaces", { name: "One more" })).status).toBe(200);
  });

  it("archive once and for all", async () => {
    const caller = openSandbox(EMPTY);
    const id = await makeWorkspace(caller);
    const first = (await caller.admin("POST", `/workspaces/${id}/archive`)).json;
    caller.sandbox.advance(1_000);
    expect((await caller.admin("POST", `/workspaces/${id}/archive`)).json).toEqual(first);
    expect(() => caller.sandbox.world.addApiKey({ name: "Late", workspaceId: id })).toThrow("archived");
  });

  it("have a default one that is read and listed on demand, but neither renamed nor archived", async () => {
    const { admin } = openSandbox(EMPTY);
    expect(idsOf((await admin("GET", "/workspaces?include_default=true")).json)).toEqual([DEFAULT_WORKSPACE_ID]);
    expect((await admin("GET", `/workspaces/${DEFAULT_WORKSPACE_ID}`)).json.name).toBe("Default");
    expect((await admin("POST", `/workspaces/${DEFAULT_WORKSPACE_ID}`, { name: "Mine" })).status).toBe(400);
    expect((await admin("POST", `/workspaces/${DEFAULT_WORKSPACE_ID}/archive`)).status).toBe(400);
    expect((await admin("GET", "/workspaces?include_default=maybe")).status).toBe(400);
  });

  it("take 100 ids at most", async () => {
    const { admin } = openSandbox();
    const ids = Array.from({ length: 101 }, (_, i) => `ids[]=wrkspc_${i}`).join("&");
    expect((await admin("GET", `/workspaces?${ids}`)).error).toContain("ids: List should have at most 100 items");
  });
});

describe("members", () => {
  const rolesOf = async ({ admin }: Caller, workspace: string) =>
    Object.fromEntries(
      (await admin("GET", `/workspaces/${workspace}/members`)).json.data.map(({ user_id, workspace_role }) => [
        user_id,
        workspace_role,
      ]),
    );

  it("of the default workspace are all users; of others admins and billing members, and who was added", async () => {
    const caller = openSandbox(EMPTY);
    const { world } = caller.sandbox;
    const boss = world.addUser({ email: "boss@example.com", role: "admin" });
    const money = world.addUser({ email: "money@example.com", role: "billing" });
    const dev = world.addUser({ email: "dev@example.com", role: "developer" });
    const lab = await makeWorkspace(caller);
    const inherited = { [boss.id]: "workspace_admin", [money.id]: "workspace_billing" };
    expect(await rolesOf(caller, lab)).toEqual(inherited);
    const added = { user_id: dev.id, workspace_role: "workspace_restricted_developer" };
    expect((await caller.admin("POST", `/workspaces/${lab}/members`, added)).status).toBe(200);
    expect(await rolesOf(caller, lab)).toEqual({ ...inherited, [dev.id]: "workspace_restricted_developer" });
    expect(await rolesOf(caller, DEFAULT_WORKSPACE_ID)).toEqual({ ...inherited, [dev.id]: "workspace_developer" });
  });

  it("lose what they had by a role or by being here", async () => {
    const caller = openSandbox(EMPTY);
    const { world } = caller.sandbox;
    world.addUser({ email: "boss@example.com", role: "admin" });
    const money = world.addUser({ email: "money@example.com", role: "billing" });
    const dev = world.addUser({ email: "dev@example.com", role: "developer" });
    const lab = await makeWorkspace(caller);
    const path = `/workspaces/${lab}/members`;
    await caller.admin("POST", path, { user_id: dev.id, workspace_role: "workspace_user" });
    expect((await caller.admin("GET", `${path}/${money.id}`)).status).toBe(200);
    await caller.admin("POST", `/users/${money.id}`, { role: "user" });
    await caller.admin("DELETE", `/users/${dev.id}`);
    expect((await caller.admin("GET", `${path}/${money.id}`)).status).toBe(404);
    expect((await caller.admin("GET", `${path}/${dev.id}`)).status).toBe(404);
  });

  it("have what they were added as again when a role that goes before it ends", async () => {
    const caller = openSandbox(EMPTY);
    const dev = caller.sandbox.world.addUser({ email: "dev@example.com", role: "developer" });
    const lab = await makeWorkspace(caller);
    const given = { user_id: dev.id, workspace_role: "workspace_developer" };
    await caller.admin("POST", `/workspaces/${lab}/members`, given);
    const turn = (role: string) => caller.admin("POST", `/users/${dev.id}`, { role });
    await turn("billing");
    expect(await rolesOf(caller, lab)).toEqual({ [dev.id]: "workspace_billing" });
    await turn("user");
    expect(await rolesOf(caller, lab)).toEqual({ [dev.id]: "workspace_developer" });
  });

  it("are refused with the place", async () => {
    const caller = openSandbox(EMPTY);
    const { world } = caller.sandbox;
    const dev = world.addUser({ email: "dev@example.com", role: "developer" });
    const money = world.addUser({ email: "money@example.com", role: "billing" });
    const lab = await makeWorkspace(caller);
    const path = `/workspaces/${lab}/members`;
    const add = async (body: Json) => {
      const { status, error } = await caller.admin("POST", path, body);
      return `${status} ${error}`;
    };
    const role = "workspace_user";
    expect(await add({ user_id: dev.id, workspace_role: "workspace_billing" })).toContain("400 invalid_request_error");
    expect(await add({ user_id: dev.id })).toContain("400 invalid_request_error: workspace_role: Field required");
    expect(await add({ workspace_role: role })).toContain("400 invalid_request_error: user_id: Field required");
    expect(await add({ user_id: "user_none", workspace_role: role })).toContain("404 not_found_error");
    expect(await add({ user_id: money.id, workspace_role: role })).toContain("is already a member");
    expect((await caller.admin("GET", "/workspaces/wrkspc_none/members")).status).toBe(404);
    await caller.admin("POST", path, { user_id: dev.id, workspace_role: role });
    const update = (user: string, workspace_role: string) =>
      caller.admin("POST", `${path}/${user}`, { workspace_role });
    expect((await update(dev.id, "workspace_billing")).status).toBe(400);
    expect((await update(money.id, "workspace_user")).status).toBe(400);
    expect((await update(money.id, "workspace_billing")).status).toBe(200);
    await caller.admin("POST", `/workspaces/${lab}/archive`);
    expect((await update(dev.id, "workspace_admin")).error).toContain("is archived");
    expect((await caller.admin("DELETE", `${path}/${dev.id}`)).status).toBe(400);
  });
});
