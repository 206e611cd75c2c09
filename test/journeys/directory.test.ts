import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { PeopleApi } from "../directory/people-api.ts";
import { Harness } from "../support/harness.ts";
import { Upstream } from "../support/upstream.ts";

const CLAUDE = fileURLToPath(new URL("../../connector.json", import.meta.url));
const PEOPLE = fileURLToPath(new URL("../fixtures/people/connector.json", import.meta.url));
const BASE = "/v1/unified/user-directory";

/** People join, work and leave: one program provisions them at Claude and at a directory of quite another shape. */
describe("the unified user directory", () => {
  let tidewire: Harness;
  let upstream: Upstream;

  beforeAll(async () => {
    tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: `${CLAUDE},${PEOPLE}` } });
    upstream = await Upstream.start(new PeopleApi().answer);
    await tidewire.connect("work", { credentials: { apiKey: "sk-ant-test", adminKey: "sk-ant-admin01-test" } });
    await tidewire.connect("plain");
    const people = { connector: "people-api", credentials: { token: "good" }, params: { baseUrl: upstream.url } };
    await tidewire.api("POST", "/v1/connections?probe=false", people);
  });
  afterAll(async () => {
    await upstream.stop();
    await tidewire.end();
  });

  const ask = (method: string, path: string, body?: JsonObject, which = "connector=claude-api&connection=work") =>
    tidewire.api(method, `${BASE}${path}${path.includes("?") ? "&" : "?"}${which}`, body);
  const claude = async (method: string, path: string, body?: JsonObject) => {
    const answer = await ask(method, path, body);
    if (answer.status >= 400) throw new Error(answer.text);
    return answer.body.result as JsonObject;
  };
  const users = async (query = "") => (await claude("GET", `/users?limit=200${query}`)) as unknown as JsonObject[];
  const idOf = async (name: string) => String((await users()).find((user) => user.name === name)?.id);

  it("has Claude's users in the one shape, the provider's own beside it on request", async () => {
    const [user] = await users("&email=chiara@example.com&remote_data=true");
    const own = await tidewire.run("users.list", { email: "chiara@example.com" }, "?connection=work&fields=raw");
    const [theirs] = own as unknown as JsonObject[];
    expect(user).toEqual({
      id: await idOf("Chiara Rossi"),
      email: "chiara@example.com",
      name: "Chiara Rossi",
      first_name: null,
      last_name: null,
      username: null,
      status: "active",
      roles: ["developer"],
      created_at: theirs?.added_at,
      updated_at: null,
      remote_data: theirs,
    });
    expect((await users("&roles=admin&roles=billing")).map(({ name }) => name).sort()).toEqual([
      "Ada Okafor",
      "Bruno Keller",
      "Farah Haddad",
    ]);
  });

  it("pages through them by cursor", async () => {
    const seen: unknown[] = [];
    let cursor: unknown = "";
    while (cursor !== null) {
      const { body } = await ask("GET", `/users?limit=4${cursor === "" ? "" : `&cursor=${String(cursor)}`}`);
      const page = body.result as JsonObject[];
      expect(page.length).toBeLessThanOrEqual(4);
      seen.push(...page.map(({ id }) => id));
      cursor = body.next_cursor;
    }
    expect(seen).toEqual((await users()).map(({ id }) => id));
    expect(seen.length).toBeGreaterThan(8);
  });

  it("knows which roles there are, and which may be given", async () => {
    const roles = (await claude("GET", "/roles?limit=200")) as unknown as JsonObject[];
    const given = new Set((await users()).flatMap((user) => user.roles as string[]));
    expect(roles.map(({ id }) => id)).toEqual(expect.arrayContaining([...given]));
    expect(await claude("GET", "/roles/admin")).toMatchObject({ scope: "organization", assignable: false });
    expect(await claude("GET", "/roles/workspace_admin")).toMatchObject({ scope: "workspace", assignable: true });
    expect(await ask("GET", "/roles/emperor")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await ask("POST", "/roles", { name: "Emperor" })).toMatchObject({ status: 501 });
  });

  it("takes somebody from invite to leaving", async () => {
    const created = await ask("POST", "/users", { email: "zoe@example.com", roles: ["developer"] });
    const invite = created.body.result as JsonObject;
    expect(created).toMatchObject({ status: 201 });
    expect(invite).toMatchObject({ email: "zoe@example.com", status: "invited", roles: ["developer"] });
    const { pathname, search } = new URL(created.headers.get("location") ?? "");
    expect((await tidewire.api("GET", pathname + search)).body.result).toEqual(invite);
    expect(await users("&status=invited&email=zoe@example.com")).toEqual([invite]);
    expect(await users("&status=active&email=zoe@example.com")).toEqual([]);

    const { id } = tidewire.sandbox.world.organization.invites.accept(String(invite.id));
    expect(await users("&email=zoe@example.com")).toMatchObject([{ id, status: "active" }]);
    expect(await claude("PATCH", `/users/${id}`, { roles: ["billing"] })).toMatchObject({ id, roles: ["billing"] });
    for (let time = 0; time < 2; time++) {
      expect(await claude("DELETE", `/users/${id}`)).toEqual({ id, deleted: true });
    }
    expect(await users("&email=zoe@example.com")).toEqual([]);
  });

  it("takes an invite back", async () => {
    const { id } = await claude("POST", "/users", { email: "yan@example.com", roles: ["user"] });
    expect(await ask("PATCH", `/users/${String(id)}`, { roles: ["billing"] })).toMatchObject({ status: 501 });
    for (let time = 0; time < 2; time++) {
      expect(await claude("DELETE", `/users/${String(id)}`)).toEqual({ id, deleted: true });
    }
    expect(await claude("GET", `/users/${String(id)}`)).toMatchObject({ status: "deleted" });
  });

  it("makes a workspace, fills it and archives it", async () => {
    const { id } = await claude("POST", "/workspaces", { name: "Customer 7" });
    const workspace = `/workspaces/${String(id)}`;
    expect(await claude("PATCH", workspace, { name: "Customer 8" })).toMatchObject({
      id,
      name: "Customer 8",
      status: "active",
      archived_at: null,
    });
    const user_id = await idOf("Hana Novak");
    const member = { id: user_id, user_id, workspace_id: id };
    const roles = ["workspace_user"];
    expect(await claude("POST", `${workspace}/members`, { user_id, roles })).toMatchObject({ ...member, roles });
    const promoted = { ...member, roles: ["workspace_admin"] };
    expect(await claude("PATCH", `${workspace}/members/${user_id}`, { roles: promoted.roles })).toMatchObject(promoted);
    expect(await claude("GET", `${workspace}/members/${user_id}`)).toMatchObject(promoted);
    expect(await claude("GET", `${workspace}/members`)).toContainEqual(expect.objectContaining(promoted));
    await claude("DELETE", `${workspace}/members/${user_id}`);
    expect(await ask("GET", `${workspace}/members/${user_id}`)).toMatchObject({ status: 404 });

    expect(await ask("DELETE", workspace)).toMatchObject({
      status: 501,
      body: { code: "unsupported", detail: expect.stringContaining("archive") },
    });
    expect(await claude("POST", `${workspace}/archive`)).toMatchObject({ id, status: "archived" });
    const listed = async (query: string) =>
      ((await claude("GET", `/workspaces?limit=200${query}`)) as unknown as JsonObject[]).map((one) => one.id);
    expect(await listed("")).toContain(id);
    expect(await listed("&status=active")).not.toContain(id);
  });

  it("passes on what the provider refuses", async () => {
    expect(await ask("DELETE", `/users/${await idOf("Ada Okafor")}`)).toMatchObject({
      status: 400,
      body: { code: "upstream_error", upstream: { status: 400, message: expect.stringContaining("Admins") } },
    });
    expect(await ask("POST", "/users", { email: "x@example.com", roles: ["admin"] })).toMatchObject({
      status: 400,
      body: { code: "upstream_error", upstream: { status: 400, message: expect.stringContaining("role") } },
    });
    expect(await ask("POST", "/users", { email: "x@example.com" })).toMatchObject({
      status: 400,
      body: { code: "invalid_input", errors: [{ at: "roles", code: "required" }] },
    });
  });

  it("needs the Admin key for what an account alone may not see", async () => {
    for (const path of ["/users", "/workspaces", "/workspaces/wrkspc_1/members"]) {
      expect(await ask("GET", path, undefined, "connector=claude-api&connection=plain")).toMatchObject({
        status: 400,
        body: { code: "credential_missing", detail: expect.stringContaining("adminKey") },
      });
    }
  });

  it("asks which connector when several have a directory, and treats them alike", async () => {
    expect(await tidewire.api("GET", `${BASE}/users`)).toMatchObject({
      status: 400,
      body: {
        code: "invalid_input",
        errors: [{ at: "connector", message: expect.stringContaining('"claude-api", "people-api"') }],
      },
    });
    const there = "connector=people-api";
    const person = { email: "zoe@example.com", first_name: "Zoe", roles: ["2"] };
    const created = await ask("POST", "/users", person, there);
    expect(created).toMatchObject({ status: 201, body: { result: { ...person, status: "active" } } });
    const [here] = await users();
    const [elsewhere] = (await ask("GET", "/users", undefined, there)).body.result as JsonObject[];
    expect(Object.keys(elsewhere ?? {})).toEqual(Object.keys(here ?? {}));
  });

  it("has its place in OpenAPI and in the catalogue of connectors", async () => {
    const { body } = await tidewire.api("GET", "/openapi.json", undefined, { key: null });
    const paths = body.paths as Record<string, JsonObject>;
    expect(Object.keys(paths[`${BASE}/users/{id}`] ?? {}).sort()).toEqual(["delete", "get", "patch"]);
    expect(Object.keys(paths[`${BASE}/workspaces/{workspace_id}/members`] ?? {}).sort()).toEqual(["get", "post"]);
    const connector = await tidewire.api("GET", "/v1/connectors/claude-api");
    expect((connector.body.result as JsonObject).unified).toMatchObject({
      "user-directory": {
        users: ["list", "get", "create", "update", "delete"],
        roles: ["list", "get"],
        workspaces: ["list", "get", "create", "update", "archive"],
        members: ["list", "get", "create", "update", "delete"],
      },
    });
  });
});
