import { afterAll, beforeAll, expect, test } from "vitest";
import { execute } from "../../src/engine/execute.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { operationsOf } from "../../src/manifest/triggers.ts";
import { ClaudeRig, connector } from "./claude-rig.ts";

const claude = new ClaudeRig();
const { rig } = claude;
const value = claude.value.bind(claude);
const list = claude.list.bind(claude);
const all = claude.all.bind(claude);

beforeAll(() => claude.open());
afterAll(() => claude.close());

const refused = (status: number) => expect.objectContaining({ upstream: expect.objectContaining({ status }) });

test("the organization is told, in both versions", async () => {
  for (const anthropicVersion of ["2023-06-01", "2026-10-21"])
    expect(await value("organization.read", {}, { anthropicVersion })).toMatchObject({ name: expect.any(String) });
});

test("users are listed page by page, filtered, read, changed, signed out and removed", async () => {
  const users = await all("users.list", { limit: 2 });
  expect(users).toEqual((await list("users.list", { limit: 1000 })).records);
  const [developer] = (await list("users.list", { roles: ["developer"] })).records as [JsonObject];
  expect(developer).toMatchObject({ role: "developer", email: expect.stringContaining("@") });
  expect((await list("users.list", { email: developer.email })).records).toEqual([developer]);
  const user = { user_id: developer.id };
  expect(await value("users.read", user)).toEqual(developer);
  expect(await value("users.update", { ...user, role: "user" })).toMatchObject({ id: developer.id, role: "user" });
  expect(await value("users.sign_out", user)).toMatchObject({ id: developer.id });
  expect(await value("users.delete", user)).toEqual({ id: developer.id, type: "user_deleted" });
  await expect(value("users.read", user)).rejects.toEqual(refused(404));
});

test("somebody is invited, and the invite is listed, read and deleted", async () => {
  const invite = await value("invites.create", { email: "new@example.com", role: "developer" });
  expect(invite).toMatchObject({ email: "new@example.com", status: "pending", accepted_at: null });
  expect(await value("invites.read", { invite_id: invite.id })).toEqual(invite);
  expect((await list("invites.list", { statuses: ["pending"], roles: ["developer"] })).records).toContainEqual(invite);
  expect(await value("invites.delete", { invite_id: invite.id })).toEqual({ id: invite.id, type: "invite_deleted" });
  await expect(value("invites.create", { email: "boss@example.com", role: "admin" })).rejects.toEqual(refused(400));
});

test("a workspace is made, changed and archived, with its members", async () => {
  const workspace = await value("workspaces.create", { name: "Research", tags: { team: "r" } });
  const there = { workspace_id: workspace.id };
  expect(await value("workspaces.read", there)).toEqual(workspace);
  expect(await value("workspaces.update", { ...there, name: "Lab" })).toMatchObject({
    name: "Lab",
    tags: { team: "r" },
  });
  const [user] = (await list("users.list", { roles: ["user"] })).records as [JsonObject];
  const member = { ...there, user_id: user.id };
  const added = await value("workspace_members.create", { ...member, workspace_role: "workspace_user" });
  expect(added).toEqual({ ...member, workspace_role: "workspace_user" });
  expect((await list("workspace_members.list", there)).records).toContainEqual(added);
  const changed = await value("workspace_members.update", { ...member, workspace_role: "workspace_admin" });
  expect(await value("workspace_members.read", member)).toEqual(changed);
  expect(await value("workspace_members.delete", member)).toEqual({ ...member, type: "workspace_member_deleted" });
  expect(await value("workspaces.archive", there)).toMatchObject({ archived_at: expect.any(String) });
  const ids = async (input: object) => (await list("workspaces.list", input)).records.map(({ id }) => id);
  expect(await ids({})).not.toContain(workspace.id);
  expect(await ids({ include_archived: true })).toContain(workspace.id);
});

test.each(["2023-06-01", "2026-10-21"])(
  "keys are listed, read and changed, with their workspace, in %s",
  async (version) => {
    const params = { anthropicVersion: version };
    const { records } = await list("api_keys.list", { status: "active" }, params);
    const key = records.find(({ workspace_id }) => workspace_id !== null) as JsonObject;
    expect(key).toMatchObject({ workspace_id: expect.stringMatching(/^wrkspc_/), scope: { type: "workspace" } });
    expect((await list("api_keys.list", { workspace_id: key.workspace_id }, params)).records).toContainEqual(key);
    expect(await value("api_keys.read", { api_key_id: key.id }, params)).toEqual(key);
    const renamed = await value("api_keys.update", { api_key_id: key.id, name: `Key ${version}` }, params);
    expect(renamed).toMatchObject({ id: key.id, name: `Key ${version}` });
  },
);

test("limits are listed, and set lower for a workspace", async () => {
  const [limit] = (await list("rate_limits.list", { group_type: "model_group" })).records as [JsonObject];
  expect(limit).toMatchObject({ group: { type: "model_group" }, models: expect.any(Array) });
  const [workspace] = (await list("workspaces.list")).records as [JsonObject];
  const there = { workspace_id: workspace.id };
  const limits = [{ type: "requests_per_minute", value: 5 }];
  const set = await value("workspace_rate_limits.update", { ...there, rate_limit_id: limit.id, limits });
  expect(set).toMatchObject({ rate_limit_id: limit.id, limits: [expect.objectContaining({ value: 5 })] });
  expect((await list("workspace_rate_limits.list", there)).records).toContainEqual(set);
});

test("use is reported in buckets, grouped, page by page", async () => {
  const input = { starting_at: "2026-11-10T00:00:00Z", ending_at: "2026-11-15T00:00:00Z", group_by: ["model"] };
  const days = await all("usage_reports.list", { ...input, limit: 2 });
  expect(days).toHaveLength(5);
  expect(days).toEqual((await list("usage_reports.list", { ...input, limit: 31 })).records);
  const rows = days.flatMap(({ results }) => results as JsonObject[]);
  expect(rows[0]).toMatchObject({ model: expect.any(String), output_tokens: expect.any(Number), workspace_id: null });
});

test("costs are exact decimals of the currency's unit: the provider's cents with the point moved", async () => {
  const input = { starting_at: "2026-11-01T00:00:00Z", ending_at: "2026-11-15T00:00:00Z", group_by: ["description"] };
  const call = { ...claude.callOf("cost_reports.list", { ...input, limit: 31 }), fields: "raw" as const };
  const raw = await execute(rig.deps, call);
  const amounts = (records: JsonObject[]) =>
    records.flatMap(({ results }) => (results as JsonObject[]).map(({ amount }) => amount as string));
  const cents = amounts((raw as { value: JsonObject[] }).value);
  const dollars = amounts((await list("cost_reports.list", { ...input, limit: 31 })).records);
  expect(cents.length).toBeGreaterThan(0);
  for (const [n, text] of cents.entries()) {
    const [whole = "", fraction = ""] = text.split(".");
    const padded = whole.padStart(3, "0");
    expect(dollars[n]).toBe(`${padded.slice(0, -2)}.${padded.slice(-2)}${fraction}`);
  }
});

test("what Claude Code did on a day is told with its costs as exact decimals", async () => {
  const { records } = await list("claude_code_usage.list", { starting_at: "2026-11-12", limit: 1000 });
  const [row] = records as [JsonObject];
  expect(row).toMatchObject({ num_sessions: expect.any(Number), actor: { type: expect.any(String) } });
  const costs = records.flatMap(({ model_breakdown }) => model_breakdown as JsonObject[]);
  expect(costs.length).toBeGreaterThan(0);
  for (const { estimated_cost } of costs)
    expect(estimated_cost).toEqual({ amount: expect.stringMatching(/^\d+\.\d{2,}$/), currency: "USD" });
});

test("without the Admin key nothing is asked, and no other key is sent in its place", async () => {
  for (const { operation } of operationsOf(connector).filter(({ operation: o }) => o.auth === "admin")) {
    const required = operation.inputs.filter((input) => input.required);
    const given = Object.fromEntries(required.map(({ name, type }) => [name, type === "Array" ? [{}] : "2026-11-01"]));
    const call = claude.callOf(operation.id, given);
    const { adminKey: _, ...credentials } = call.account.credentials;
    call.account = { ...call.account, params: { baseUrl: "http://127.0.0.1:9/v1" }, credentials };
    await expect(execute(rig.deps, call), operation.id).rejects.toMatchObject({ code: "credential_missing" });
  }
});

test("every operation for the Admin key has been run here, and with it", () => {
  expect(claude.notRun((_, { auth }) => auth === "admin")).toEqual([]);
});
