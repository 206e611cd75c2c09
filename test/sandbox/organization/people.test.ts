import { describe, expect, it } from "vitest";
import { idsOf, openSandbox } from "../caller.ts";

const DAY_MS = 86_400_000;
const EMPTY = { seedData: false };

describe("users", () => {
  it("have the shape of the API", async () => {
    const { sandbox, admin } = openSandbox(EMPTY);
    const { id } = sandbox.world.addUser({ email: "lea@example.com" });
    expect((await admin("GET", `/users/${id}`)).json).toEqual({
      id: expect.stringMatching(/^user_01\w{22}$/),
      type: "user",
      email: "lea@example.com",
      name: "lea",
      role: "user",
      added_at: "2026-11-20T08:00:00.000000Z",
    });
  });

  it.each([["admin"], ["owner"], ["managed"], [undefined], [null]])("cannot be made %s", async (role) => {
    const { sandbox, admin } = openSandbox(EMPTY);
    const { id } = sandbox.world.addUser({ email: "lea@example.com" });
    const reply = await admin("POST", `/users/${id}`, role === undefined ? {} : { role });
    expect([reply.status, reply.error]).toEqual([
      400,
      `invalid_request_error: role: ${role === undefined ? "Field required" : "Input should be 'user', 'developer', 'billing' or 'claude_code_user'"}`,
    ]);
    expect((await admin("POST", `/users/${id}`, { role: "developer", name: "L" })).error).toContain(
      "name: Extra inputs",
    );
    expect((await admin("GET", `/users/${id}`)).json.role).toBe("user");
  });

  it("keep the last one, whatever their role", async () => {
    const { sandbox, admin } = openSandbox(EMPTY);
    const { id } = sandbox.world.addUser({ email: "lea@example.com" });
    const refused = await admin("DELETE", `/users/${id}`);
    expect([refused.status, refused.json.error]).toMatchObject([
      400,
      { details: { error_code: "cannot_remove_last_member" } },
    ]);
    sandbox.world.addUser({ email: "max@example.com", role: "admin" });
    expect((await admin("DELETE", `/users/${id}`)).status).toBe(200);
  });

  it("are not filtered by a role that this kind of organization has not", async () => {
    const { admin } = openSandbox();
    expect((await admin("GET", "/users?roles[]=primary_owner")).status).toBe(400);
    expect((await admin("GET", "/users?after_id=user_none")).status).toBe(400);
  });

  it("are signed out only with the beta header", async () => {
    const { sandbox, admin } = openSandbox(EMPTY);
    const { id } = sandbox.world.addUser({ email: "lea@example.com" });
    expect((await admin("POST", `/users/${id}/sign_out`)).status).toBe(404);
  });

  it("are the same in every sandbox that is seeded, and none in one that is not", async () => {
    const ids = async (seedData: boolean) => idsOf((await openSandbox({ seedData }).admin("GET", "/users")).json);
    expect(await ids(true)).toEqual(await ids(true));
    expect(await ids(true)).toHaveLength(9);
    expect(await ids(false)).toEqual([]);
  });
});

describe("invites", () => {
  it("have the shape of the API and expire after 21 days", async () => {
    const { sandbox, admin } = openSandbox(EMPTY);
    const invite = (await admin("POST", "/invites", { email: "lea@example.com", role: "developer" })).json;
    expect(invite).toEqual({
      id: expect.stringMatching(/^invite_01\w{22}$/),
      type: "invite",
      email: "lea@example.com",
      role: "developer",
      status: "pending",
      invited_at: "2026-11-20T08:00:00.000000Z",
      expires_at: "2026-12-11T08:00:00.000000Z",
      accepted_at: null,
      rbac_group_ids: [],
    });
    const status = async () => (await admin("GET", `/invites/${invite.id}`)).json.status;
    sandbox.advance(21 * DAY_MS - 1);
    expect(await status()).toBe("pending");
    sandbox.advance(1);
    expect(await status()).toBe("expired");
    expect((await admin("DELETE", `/invites/${invite.id}`)).status).toBe(400);
    expect((await admin("POST", "/invites", { email: "lea@example.com", role: "user" })).status).toBe(200);
  });

  it("become users when accepted, and then are neither deleted nor sent again", async () => {
    const { sandbox, admin } = openSandbox(EMPTY);
    const { id } = (await admin("POST", "/invites", { email: "lea@example.com", role: "billing" })).json;
    sandbox.advance(DAY_MS);
    const user = sandbox.world.acceptInvite(id);
    expect((await admin("GET", `/users/${user.id}`)).json).toMatchObject({ email: "lea@example.com", role: "billing" });
    expect((await admin("GET", `/invites/${id}`)).json).toMatchObject({
      status: "accepted",
      accepted_at: "2026-11-21T08:00:00.000000Z",
    });
    expect((await admin("DELETE", `/invites/${id}`)).status).toBe(400);
    const again = await admin("POST", "/invites", { email: "LEA@example.com", role: "user" });
    expect(again.json.error).toMatchObject({ details: { error_code: "already_member" } });
    expect(() => sandbox.world.acceptInvite(id)).toThrow("is accepted");
  });

  it("leave the list when deleted", async () => {
    const { admin } = openSandbox(EMPTY);
    const { id } = (await admin("POST", "/invites", { email: "lea@example.com", role: "user" })).json;
    expect((await admin("DELETE", `/invites/${id}`)).json).toEqual({ id, type: "invite_deleted" });
    expect((await admin("GET", "/invites")).json.data).toEqual([]);
    expect((await admin("GET", `/invites/${id}`)).json.status).toBe("deleted");
    expect((await admin("DELETE", `/invites/${id}`)).status).toBe(400);
    expect((await admin("POST", "/invites", { email: "lea@example.com", role: "user" })).status).toBe(200);
  });

  it.each([
    [{ role: "user" }, "email: Field required"],
    [{ email: "nobody", role: "user" }, "email: value is not a valid email address"],
    [{ email: "a@b.example", role: "admin" }, "role: Input should be"],
    [{ email: "a@b.example", role: "user", rbac_group_ids: ["rbac_group_1"] }, "rbac_group_ids:"],
    [{ email: "a@b.example", role: "user", workspace_id: "wrkspc_1" }, "workspace_id: Extra inputs"],
  ])("refuse %j", async (body, message) => {
    const reply = await openSandbox().admin("POST", "/invites", body);
    expect([reply.status, reply.error.includes(message)]).toEqual([400, true]);
  });
});
