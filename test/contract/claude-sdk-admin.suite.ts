import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_WORKSPACE_ID, seededId } from "../../src/sandbox/organization/identity.ts";
import type { ClaudeEndpoint } from "./claude-sdk.suite.ts";

const PRODUCTION = seededId("wrkspc", "Production");
const STAGING = seededId("wrkspc", "Staging");
const OLD_EXPERIMENTS = seededId("wrkspc", "Old experiments");
const ADMIN = seededId("user", "Ada Okafor");
const DEVELOPER = seededId("user", "Dmitri Volkov");
const CODER = seededId("user", "Goro Tanaka");
const DAY_MS = 86_400_000;

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

function idsOf(items: { id: string }[]): string[] {
  return items.map(({ id }) => id);
}

/** Every admin call that the official SDK has for a Claude Console organization, on a sandbox that was not used before. */
export function claudeSdkAdminSuite(name: string, open: () => Promise<ClaudeEndpoint>): void {
  describe(`the official SDK's admin calls on ${name}`, () => {
    let endpoint: ClaudeEndpoint;
    let client: Anthropic;
    let organization: Anthropic["organization"];

    beforeAll(async () => {
      endpoint = await open();
      client = new Anthropic({ baseURL: endpoint.baseURL, apiKey: endpoint.apiKey });
      organization = client.organization;
    });
    afterAll(() => endpoint.close());
    beforeEach(() => endpoint.sandbox.faults.clear());

    it("read the organization", async () => {
      const { data, response } = await organization.retrieve().withResponse();
      expect(data).toEqual({
        id: response.headers.get("anthropic-organization-id"),
        type: "organization",
        name: "Sandbox Organization",
      });
      expect(response.headers.has("anthropic-workspace-id")).toBe(false);
    });

    describe("users", () => {
      it("are listed through all pages, newest first, and filtered", async () => {
        const users = await all(organization.users.list({ limit: 2 }));
        expect(users).toHaveLength(9);
        expect(users.map(({ added_at }) => added_at)).toEqual(
          users
            .map(({ added_at }) => added_at)
            .sort()
            .reverse(),
        );
        const roles = await all(organization.users.list({ roles: ["admin", "billing"], limit: 1 }));
        expect(roles.map(({ role }) => role).sort()).toEqual(["admin", "admin", "billing"]);
        expect(idsOf((await organization.users.list({ email: "ADA@example.com" })).data)).toEqual([ADMIN]);
        const back = await all(organization.users.list({ before_id: ADMIN, limit: 3 }));
        expect(idsOf(back).sort()).toEqual(
          idsOf(users)
            .filter((id) => id !== ADMIN)
            .sort(),
        );
      });

      it("are read, changed, signed out and removed", async () => {
        const { id } = endpoint.sandbox.world.addUser({ email: "zoe@example.com", name: "Zoe" });
        expect(await organization.users.update(id, { role: "developer" })).toMatchObject({ id, role: "developer" });
        const user = await organization.users.retrieve(id);
        expect(user).toMatchObject({ type: "user", email: "zoe@example.com", name: "Zoe", role: "developer" });
        expect(await client.beta.organization.users.signOut(id)).toEqual(user);
        expect(await organization.users.remove(id)).toEqual({ id, type: "user_deleted" });
        await expect(organization.users.retrieve(id)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
      });

      it("stay when they are admins", async () => {
        await expect(organization.users.remove(ADMIN)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
        await expect(organization.users.update(ADMIN, { role: "user" })).rejects.toBeInstanceOf(
          Anthropic.BadRequestError,
        );
      });
    });

    describe("invites", () => {
      it("are created, listed, read, expire, and are deleted", async () => {
        const invite = await organization.invites.create({ email: "new@example.com", role: "developer" });
        expect(invite).toMatchObject({ status: "pending", accepted_at: null, rbac_group_ids: [] });
        expect(Date.parse(invite.expires_at) - Date.parse(invite.invited_at)).toBe(21 * DAY_MS);
        expect(await organization.invites.retrieve(invite.id)).toEqual(invite);
        const listed = await all(organization.invites.list({ statuses: ["pending"], roles: ["developer"], limit: 1 }));
        expect(idsOf(listed)).toEqual([invite.id, seededId("invite", "Kavya Nair")]);
        expect(await organization.invites.delete(invite.id)).toEqual({ id: invite.id, type: "invite_deleted" });
        expect((await organization.invites.list({ email: "new@example.com" })).data).toEqual([]);
        endpoint.sandbox.advance(21 * DAY_MS);
        expect((await organization.invites.list({ statuses: ["pending"] })).data).toEqual([]);
      });

      it("are refused for members and for those who have one", async () => {
        const { AlreadyMemberError, InviteAlreadyExistsError } = Anthropic.Organization.Invites;
        const invite = (email: string) => organization.invites.create({ email, role: "user" });
        await expect(invite("Ada@Example.com")).rejects.toBeInstanceOf(AlreadyMemberError);
        await invite("twice@example.com");
        await expect(invite("twice@example.com")).rejects.toBeInstanceOf(InviteAlreadyExistsError);
      });
    });

    describe("workspaces", () => {
      it("are listed without the default and archived ones unless asked for", async () => {
        const ids = async (query: Anthropic.Organization.WorkspaceListParams) =>
          idsOf(await all(organization.workspaces.list({ limit: 1, ...query }))).sort();
        expect(await ids({})).toEqual([PRODUCTION, STAGING].sort());
        expect(await ids({ include_default: true })).toEqual([PRODUCTION, STAGING, DEFAULT_WORKSPACE_ID].sort());
        expect(await ids({ include_archived: true })).toEqual([PRODUCTION, STAGING, OLD_EXPERIMENTS].sort());
        expect(await ids({ ids: [STAGING, OLD_EXPERIMENTS, DEFAULT_WORKSPACE_ID] })).toEqual([STAGING]);
      });

      it("are created, read, changed and archived, with their keys", async () => {
        const { workspaces, apiKeys } = organization;
        const made = await workspaces.create({
          name: "Lab",
          tags: { team: "lab", floor: "2" },
          display_color: "#112233",
        });
        expect(made).toMatchObject({ name: "Lab", archived_at: null, tags: { team: "lab", floor: "2" } });
        expect(made.data_residency).toEqual({
          workspace_geo: "us",
          allowed_inference_geos: "unrestricted",
          default_inference_geo: "global",
        });
        const changed = await workspaces.update(made.id, {
          name: "Laboratory",
          tags: { floor: null, room: "7" },
          data_residency: { allowed_inference_geos: ["us"], default_inference_geo: "us" },
        });
        expect(changed).toMatchObject({
          name: "Laboratory",
          tags: { team: "lab", room: "7" },
          display_color: "#112233",
        });
        expect(await workspaces.retrieve(made.id)).toEqual(changed);
        const key = endpoint.sandbox.world.addApiKey({ name: "Lab", workspaceId: made.id });
        expect((await workspaces.archive(made.id)).archived_at).not.toBeNull();
        expect((await apiKeys.retrieve(key.id)).status).toBe("archived");
        await expect(workspaces.update(made.id, { name: "x" })).rejects.toBeInstanceOf(Anthropic.BadRequestError);
        await expect(workspaces.retrieve("wrkspc_none")).rejects.toBeInstanceOf(Anthropic.NotFoundError);
      });
    });

    describe("members", () => {
      it("are added, listed, read, changed and removed", async () => {
        const { members } = organization.workspaces;
        const inStaging = { workspace_id: STAGING };
        const added = await members.add(STAGING, { user_id: CODER, workspace_role: "workspace_user" });
        const member = { type: "workspace_member", user_id: CODER, workspace_id: STAGING };
        expect(added).toEqual({ ...member, workspace_role: "workspace_user" });
        const changed = await members.update(CODER, { ...inStaging, workspace_role: "workspace_developer" });
        expect(changed).toEqual({ ...member, workspace_role: "workspace_developer" });
        expect(await members.retrieve(CODER, inStaging)).toEqual(changed);
        const listed = await all(members.list(STAGING, { limit: 1 }));
        expect(listed).toContainEqual(changed);
        expect(new Set(listed.map(({ user_id }) => user_id)).size).toBe(6);
        await expect(members.add(STAGING, { user_id: CODER, workspace_role: "workspace_user" })).rejects.toBeInstanceOf(
          Anthropic.BadRequestError,
        );
        expect(await members.remove(CODER, inStaging)).toEqual({ ...member, type: "workspace_member_deleted" });
        await expect(members.retrieve(CODER, inStaging)).rejects.toBeInstanceOf(Anthropic.NotFoundError);
      });

      it("who are admins cannot be taken out", async () => {
        const { members } = organization.workspaces;
        const inStaging = { workspace_id: STAGING };
        expect((await members.retrieve(ADMIN, inStaging)).workspace_role).toBe("workspace_admin");
        await expect(members.remove(ADMIN, inStaging)).rejects.toBeInstanceOf(Anthropic.BadRequestError);
      });
    });

    describe("API keys", () => {
      it("are listed and filtered", async () => {
        const { apiKeys } = organization;
        const names = async (query: Anthropic.Organization.APIKeyListParams) =>
          (await all(apiKeys.list({ limit: 1, ...query }))).map((key) => key.name);
        expect(await names({ workspace_id: PRODUCTION })).toEqual(["Production backend"]);
        expect(await names({ status: "expired" })).toEqual(["Trial"]);
        expect(await names({ created_by_user_id: ADMIN })).toEqual(["Sandbox"]);
        expect((await names({})).length).toBeGreaterThanOrEqual(5);
      });

      it("are read and changed", async () => {
        const { apiKeys } = organization;
        const { id } = endpoint.sandbox.world.addApiKey({ name: "One", workspaceId: STAGING, createdBy: DEVELOPER });
        const key = await apiKeys.update(id, { name: "Two", status: "inactive" });
        expect(key).toMatchObject({
          name: "Two",
          status: "inactive",
          created_by: { id: DEVELOPER, type: "user" },
          principal: { type: "user_actor", user_id: DEVELOPER },
          scope: { type: "workspace", workspace_id: STAGING },
        });
        expect(key).not.toHaveProperty("workspace_id");
        expect(await apiKeys.retrieve(id)).toEqual(key);
        expect((await apiKeys.update(id, { status: "active" })).status).toBe("active");
      });
    });

    describe("rate limits", () => {
      it("are listed for the organization, by page, type and model", async () => {
        const groups = await all(organization.rateLimits.list());
        expect(idsOf(await all(organization.rateLimits.list({ limit: 2 })))).toEqual(idsOf(groups));
        expect(new Set(groups.map(({ group }) => group.type)).size).toBe(6);
        const [files] = (await organization.rateLimits.list({ group_type: "files" })).data;
        expect(files).toMatchObject({ type: "rate_limit", group: { type: "files" }, models: null });
        const [opus, ...others] = (await organization.rateLimits.list({ model: "claude-opus-4-5" })).data;
        expect(others).toEqual([]);
        expect(opus).toMatchObject({ group: { type: "model_group", display_name: "Claude Opus 4.x" } });
        expect(opus?.models).toContain("claude-opus-4-8");
        await expect(organization.rateLimits.list({ model: "claude-9" })).rejects.toBeInstanceOf(
          Anthropic.NotFoundError,
        );
      });

      it("are set and cleared for a workspace", async () => {
        const { rateLimits } = organization.workspaces;
        const [files] = (await organization.rateLimits.list({ group_type: "files" })).data;
        const id = files?.id ?? "";
        expect(await all(rateLimits.list(STAGING))).toEqual([]);
        const limits = [{ type: "requests_per_minute" as const, value: 100 }];
        const set = await rateLimits.update(id, { workspace_id: STAGING, limits });
        const [override] = set.limits;
        expect(override).toEqual({
          type: "requests_per_minute",
          value: 100,
          org_limit: 500,
          source: { type: "workspace" },
        });
        expect(await all(rateLimits.list(STAGING))).toEqual([set]);
        const inherited = await all(rateLimits.list(STAGING, { include_inherited: true, limit: 1 }));
        expect(inherited).toContainEqual(set);
        expect(inherited.map(({ rate_limit_id }) => rate_limit_id)).toEqual(
          idsOf(await all(organization.rateLimits.list())),
        );
        await rateLimits.update(id, { workspace_id: STAGING, limits: [{ type: "requests_per_minute", value: null }] });
        expect(await all(rateLimits.list(STAGING))).toEqual([]);
      });
    });

    it("work in the beta namespace as well", async () => {
      const ids = idsOf(await all(client.beta.organization.users.list({ limit: 4 })));
      expect(ids).toEqual(idsOf(await all(organization.users.list())));
    });

    it("that other organizations and other credentials have are refused as the SDK knows it", async () => {
      await expect(organization.rbacGroups.list()).rejects.toBeInstanceOf(Anthropic.OrganizationTypeNotSupportedError);
      await expect(organization.serviceAccounts.list()).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError);
    });

    it("meet scripted errors as the SDK's own", async () => {
      const { ConcurrentMembershipChangeError } = Anthropic.Organization;
      const headers = { "x-should-retry": "false" };
      endpoint.sandbox.faults.add({ kind: "status", status: 409, code: "concurrent_membership_change", headers });
      await expect(organization.users.remove(CODER)).rejects.toBeInstanceOf(ConcurrentMembershipChangeError);
      expect((await organization.users.retrieve(CODER)).id).toBe(CODER);
    });
  });
}
