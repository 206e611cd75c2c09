import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { Upstream } from "../support/upstream.ts";
import { PeopleApi } from "./people-api.ts";

const PEOPLE = fileURLToPath(new URL("../fixtures/people/connector.json", import.meta.url));
const BASE = "/v1/unified/user-directory";

/** An API whose records look like nobody else's, mapped by data alone. */
describe("the user directory over any connector", () => {
  let tidewire: Harness;
  let upstream: Upstream;
  let api: PeopleApi;

  beforeAll(async () => {
    tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: PEOPLE } });
    upstream = await Upstream.start();
    for (const [name, token] of [
      ["default", "good"],
      ["bad", "bad"],
    ]) {
      const connection = { connector: "people-api", name, credentials: { token }, params: { baseUrl: upstream.url } };
      expect(await tidewire.api("POST", "/v1/connections?probe=false", connection)).toMatchObject({ status: 201 });
    }
  });
  afterAll(async () => {
    await upstream.stop();
    await tidewire.end();
  });
  beforeEach(() => {
    api = new PeopleApi();
    upstream.script(api.answer);
  });
  afterEach(() => void upstream.seen.splice(0));

  const get = (path: string) => tidewire.api("GET", BASE + path);
  const call = (method: string, path: string, body?: JsonObject) => tidewire.api(method, BASE + path, body);
  const sent = (method: string) =>
    upstream.seen
      .filter((seen) => seen.method === method)
      .map((seen) => JSON.parse(seen.body.toString()) as JsonObject);
  const idsOf = (body: JsonObject) => (body.result as { id: string }[]).map(({ id }) => id);

  describe("records", () => {
    it("come in the one shape, null where the API says nothing", async () => {
      api.add({ pk: 7, mail: "ann@example.com", given: "Ann", family: "Lee", access: [1, 3] });
      const { body } = await get("/users/7");
      expect(body.result).toEqual({
        id: "7",
        email: "ann@example.com",
        name: "Ann Lee",
        first_name: "Ann",
        last_name: "Lee",
        username: null,
        status: "active",
        roles: ["1", "3"],
        created_at: "2026-09-21T14:13:20.000Z",
        updated_at: "2026-09-22T10:00:00.123456Z",
      });
      expect(body.meta).toMatchObject({ connection: "default", upstream: { status: 200 } });
    });

    it("carry the provider's own on request, in lists too", async () => {
      api.add({ pk: 7, given: "Ann", access: [2] });
      const own = { pk: 7, given: "Ann", access: [{ n: 2 }] };
      expect((await get("/users/7?remote_data=true")).body.result).toMatchObject({ id: "7", remote_data: own });
      expect((await get("/users?remote_data=true")).body.result).toMatchObject([{ id: "7", remote_data: own }]);
      expect((await get("/users?remote_data=false")).body.result).not.toHaveProperty("0.remote_data");
    });

    it("know the ids that only the address says", async () => {
      await call("POST", "/workspaces", { name: "Research" });
      await call("POST", "/workspaces/g1/members", { user_id: "7", roles: ["admin"] });
      expect((await get("/workspaces/g1/members")).body.result).toEqual([
        {
          id: "7",
          user_id: "7",
          workspace_id: "g1",
          email: null,
          name: null,
          roles: ["admin"],
          created_at: null,
          updated_at: null,
        },
      ]);
    });

    it("are told apart by conditions on them", async () => {
      for (const closed of [false, true])
        api.groups.set(String(closed), { key: String(closed), title: "G", closed, people: new Map() });
      expect((await get("/workspaces")).body.result).toMatchObject([{ status: "active" }, { status: "archived" }]);
    });
  });

  describe("pages", () => {
    /** Every page's ids, by the cursors that are given. */
    const walk = async (path: string, limit: number) => {
      const pages: string[][] = [];
      let cursor: unknown = "";
      while (cursor !== null) {
        const { body } = await get(`${path}?limit=${limit}${cursor === "" ? "" : `&cursor=${String(cursor)}`}`);
        pages.push(idsOf(body));
        cursor = body.next_cursor;
      }
      return pages;
    };

    it("are of the size that is asked for, whatever the API gives at once", async () => {
      api.addPeople(12);
      const everybody = api.people.map(({ pk }) => String(pk));
      for (const limit of [2, 5, 7]) {
        const pages = await walk("/users", limit);
        expect(pages.flat()).toEqual(everybody);
        expect(Math.max(...pages.map((page) => page.length))).toBe(Math.min(limit, api.pageSize));
      }
    });

    it("are cut of a list that comes at once", async () => {
      for (let n = 0; n < 45; n++) await call("POST", "/workspaces", { name: `G${n}` });
      expect((await walk("/workspaces", 20)).map((page) => page.length)).toEqual([20, 20, 5]);
      expect(idsOf((await get("/workspaces")).body)).toHaveLength(20);
    });

    it("begin at cursors of ours only", async () => {
      for (const cursor of ["x", "MTA"]) {
        expect(await get(`/users?cursor=${cursor}`)).toMatchObject({ status: 400, body: { code: "invalid_cursor" } });
      }
      expect(upstream.seen).toEqual([]);
    });
  });

  describe("filters", () => {
    it("go to the API in its own words", async () => {
      api.addPeople(3);
      api.add({ pk: 9, mail: "gone@example.com", enabled: false });
      expect(idsOf((await get("/users?status=inactive")).body)).toEqual(["9"]);
      expect(idsOf((await get("/users?email=p2@example.com&status=active")).body)).toEqual(["101"]);
      expect(upstream.last.url).toBe("/people?mail=p2%40example.com&enabled=true");
    });

    it("that the API has not, or has no answer to, are refused with the reason", async () => {
      expect(await get("/users?roles=1")).toMatchObject({
        status: 501,
        body: { code: "unsupported", errors: [{ at: "roles" }] },
      });
      const invited = await get("/users?status=invited");
      expect(invited).toMatchObject({ status: 501, body: { code: "unsupported" } });
      expect(invited.body.detail).toContain("it keeps neither invitations nor who has left");
      expect(await get("/users?status=asleep")).toMatchObject({ status: 400, body: { errors: [{ at: "status" }] } });
      expect(await get("/users?emial=x")).toMatchObject({ status: 400, body: { errors: [{ at: "emial" }] } });
      expect(upstream.seen).toEqual([]);
    });
  });

  describe("changes", () => {
    it("create: the input is built as the API wants it, and a bare answer is read again", async () => {
      const user = { email: "bo@example.com", first_name: "Bo", last_name: "Ek", roles: ["2"] };
      const created = await call("POST", "/users", user);
      expect(created).toMatchObject({
        status: 201,
        body: { result: { id: "100", ...user, name: "Bo Ek", status: "active" } },
      });
      expect(created.headers.get("location")).toBe(`${tidewire.url}${BASE}/users/100`);
      expect(sent("POST")).toEqual([
        { mail: "bo@example.com", person: { given: "Bo", family: "Ek", source: "directory" }, access: ["2"] },
      ]);
    });

    it("update: only what is given goes out, and the answer is the record as it is now", async () => {
      api.add({ pk: 7, given: "Ann", family: "Lee" });
      const answer = await call("PATCH", "/users/7", { status: "inactive" });
      expect(answer).toMatchObject({ status: 200, body: { result: { id: "7", name: "Ann Lee", status: "inactive" } } });
      expect(sent("PATCH")).toEqual([{ enabled: false }]);
    });

    it("delete: a second time answers as the first", async () => {
      api.add({ pk: 7 });
      for (let time = 0; time < 2; time++) {
        expect(await call("DELETE", "/users/7")).toMatchObject({
          status: 200,
          body: { result: { id: "7", deleted: true } },
        });
      }
      expect(api.people).toEqual([]);
    });

    it("of members, roles in the API's words and one where it takes one", async () => {
      await call("POST", "/workspaces", { name: "Research" });
      const members = "/workspaces/g1/members";
      expect(await call("POST", members, { user_id: "7", roles: ["reader"] })).toMatchObject({
        status: 201,
        body: { result: { id: "7", workspace_id: "g1", roles: ["reader"] } },
      });
      expect(api.groups.get("g1")?.people).toEqual(new Map([[7, "guest"]]));
      await call("PATCH", `${members}/7`, { roles: ["admin"] });
      expect(api.groups.get("g1")?.people.get(7)).toBe("owner");
      for (const roles of [[], ["admin", "reader"]]) {
        expect(await call("PATCH", `${members}/7`, { roles })).toMatchObject({
          status: 400,
          body: { code: "invalid_input", errors: [{ at: "roles", message: expect.stringContaining("exactly one") }] },
        });
      }
      expect(await call("PATCH", `${members}/7`, { roles: ["boss"] })).toMatchObject({
        status: 400,
        body: { errors: [{ at: "roles", message: expect.stringContaining('"admin"') }] },
      });
      await call("DELETE", `${members}/7`);
      expect(api.groups.get("g1")?.people.size).toBe(0);
    });

    it("that lack something are refused in the request's own names, before anything is sent", async () => {
      expect(await call("POST", "/users", { first_name: "Bo" })).toMatchObject({
        status: 400,
        body: { code: "invalid_input", errors: [{ at: "email", code: "required" }] },
      });
      expect(await call("PATCH", "/users/seven", { status: "active" })).toMatchObject({
        status: 400,
        body: { errors: [{ at: "id" }] },
      });
      expect(upstream.seen).toEqual([]);
    });
  });

  it("answers `unsupported` with the reason for what is not there", async () => {
    const refused = async (method: string, path: string, body?: JsonObject) => {
      const answer = await call(method, path, body);
      expect(answer).toMatchObject({ status: 501, body: { code: "unsupported" } });
      return answer.body.detail;
    };
    expect(await refused("GET", "/workspaces/g1")).toContain("groups can only be listed");
    expect(await refused("DELETE", "/workspaces/g1")).toContain("cannot delete a workspace");
    expect(await refused("POST", "/workspaces/g1/archive")).toContain("cannot archive a workspace");
    expect(await refused("PATCH", "/users/7", { email: "new@example.com" })).toContain(
      "cannot update a user with email",
    );
    expect(await refused("POST", "/roles", { name: "Boss" })).toContain("cannot create a role");
    expect(upstream.seen).toEqual([]);
  });

  it("lists roles of the API", async () => {
    expect((await get("/roles")).body.result).toMatchObject([
      { id: "1", name: "Reader", scope: null, assignable: true },
      { id: "2", name: "Writer" },
      { id: "3", name: "Founder", assignable: false },
    ]);
  });

  it("gives the provider's errors as everywhere", async () => {
    expect(await get("/users/1")).toMatchObject({
      status: 404,
      body: { code: "upstream_error", upstream: { status: 404, message: "nobody is 1" } },
    });
    expect(await get("/users?connection=bad")).toMatchObject({
      status: 502,
      body: { code: "upstream_unauthorized", upstream: { status: 401 } },
    });
    expect(await get("/users?connection=none")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await get("/users?connector=none")).toMatchObject({ status: 404, body: { code: "not_found" } });
  });

  it("goes by the scope of the key", async () => {
    const made = await tidewire.api("POST", "/v1/keys", { name: "reader", scopes: ["actions:read"] });
    const { key } = made.body.result as { key: string };
    expect(await tidewire.api("GET", `${BASE}/users`, undefined, { key })).toMatchObject({ status: 200 });
    expect(await tidewire.api("DELETE", `${BASE}/users/7`, undefined, { key })).toMatchObject({ status: 403 });
  });
});
