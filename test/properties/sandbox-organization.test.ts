import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { inheritedRole, type OrganizationRole } from "../../src/sandbox/organization/roles.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { ManualClock } from "../support/manual-clock.ts";

const HEADERS = { "x-api-key": "sk-ant-admin01-test", "anthropic-version": "2026-10-21" };
const ROLES: OrganizationRole[] = ["user", "developer", "billing", "admin", "claude_code_user"];
const GIVEN = ["workspace_user", "workspace_developer", "workspace_restricted_developer", "workspace_admin"];
/** More than any right walk takes, so that a wrong one ends too. */
const MAX_PAGES = 100;

const which = fc.nat(3);
const role = fc.constantFrom(...ROLES);
const given = fc.constantFrom(...GIVEN);
const change = fc.oneof(
  fc.record({ kind: fc.constant("addUser" as const), role }),
  fc.record({ kind: fc.constant("setRole" as const), user: which, role }),
  fc.record({ kind: fc.constant("removeUser" as const), user: which }),
  fc.record({ kind: fc.constant("addWorkspace" as const) }),
  fc.record({ kind: fc.constant("archive" as const), workspace: which }),
  fc.record({ kind: fc.constant("addMember" as const), workspace: which, user: which, given }),
  fc.record({ kind: fc.constant("setMember" as const), workspace: which, user: which, given }),
  fc.record({ kind: fc.constant("removeMember" as const), workspace: which, user: which }),
  fc.record({ kind: fc.constant("look" as const), workspace: which }),
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** Enough for changes to meet something. */
const BEGINNING: Change[] = [
  { kind: "addUser", role: "developer" },
  { kind: "addUser", role: "user" },
  { kind: "addWorkspace" },
  { kind: "addWorkspace" },
];

interface Workspace {
  isArchived: boolean;
  /** By user id. */
  given: Map<string, string>;
}

/** An organization over its API, beside a plain account of what should be so. */
class Twins {
  readonly #sandbox = createSandbox({ clock: new ManualClock(), seedData: false });
  readonly #users = new Map<string, OrganizationRole>();
  #joined = 0;
  readonly #workspaces = new Map<string, Workspace>();

  async call(method: string, path: string, body?: Json): Promise<{ status: number; json: JsonObject }> {
    const init = { method, headers: HEADERS, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const response = await this.#sandbox.app.fetch(new Request(`http://x/v1/organizations${path}`, init));
    return { status: response.status, json: (await response.json()) as JsonObject };
  }

  /** Makes the change in both; each must allow it or refuse it. */
  async make(step: Change): Promise<void> {
    if (step.kind === "addUser") {
      const email = `u${this.#joined++}@example.com`;
      this.#users.set(this.#sandbox.world.addUser({ email, role: step.role }).id, step.role);
      return;
    }
    if (step.kind === "addWorkspace") {
      const { json } = await this.call("POST", "/workspaces", { name: "w" });
      this.#workspaces.set(String(json.id), { isArchived: false, given: new Map() });
      return;
    }
    const userId = "user" in step ? [...this.#users.keys()][step.user] : undefined;
    if (step.kind === "setRole" || step.kind === "removeUser") return this.#makeOfUser(step, userId);
    const [workspaceId, workspace] = [...this.#workspaces][step.workspace] ?? [];
    if (workspaceId === undefined || workspace === undefined) return;
    const path = `/workspaces/${workspaceId}`;
    if (step.kind === "look") return void (await this.call("GET", `${path}/members`));
    if (step.kind === "archive") {
      expect((await this.call("POST", `${path}/archive`)).status).toBe(200);
      workspace.isArchived = true;
      return;
    }
    if (userId === undefined) return;
    await this.#makeOfMember(step, path, userId, workspace);
  }

  async #makeOfUser(step: Change & { kind: "setRole" | "removeUser" }, id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const isAdmin = this.#users.get(id) === "admin";
    if (step.kind === "setRole") {
      const isGood = !isAdmin && step.role !== "admin";
      expect((await this.call("POST", `/users/${id}`, { role: step.role })).status).toBe(isGood ? 200 : 400);
      if (isGood) this.#users.set(id, step.role);
      return;
    }
    const isGood = !isAdmin && this.#users.size > 1;
    expect((await this.call("DELETE", `/users/${id}`)).status).toBe(isGood ? 200 : 400);
    if (!isGood) return;
    this.#users.delete(id);
    for (const workspace of this.#workspaces.values()) workspace.given.delete(id);
  }

  async #makeOfMember(
    step: Change & { kind: "addMember" | "setMember" | "removeMember" },
    path: string,
    userId: string,
    { isArchived, given: added }: Workspace,
  ): Promise<void> {
    const inherited = inheritedRole(this.#users.get(userId) ?? "user", false);
    const now = inherited ?? added.get(userId);
    if (step.kind === "addMember") {
      const body = { user_id: userId, workspace_role: step.given };
      const isGood = !isArchived && now === undefined;
      expect((await this.call("POST", `${path}/members`, body)).status).toBe(isGood ? 200 : 400);
      if (isGood) added.set(userId, step.given);
      return;
    }
    const isThere = now !== undefined;
    if (step.kind === "setMember") {
      const isGood = inherited === null || inherited === step.given;
      const { status } = await this.call("POST", `${path}/members/${userId}`, { workspace_role: step.given });
      expect(status).toBe(isArchived ? 400 : !isThere ? 404 : isGood ? 200 : 400);
      if (status === 200 && inherited === null) added.set(userId, step.given);
      return;
    }
    const { status } = await this.call("DELETE", `${path}/members/${userId}`);
    expect(status).toBe(isArchived ? 400 : !isThere ? 404 : inherited === null ? 200 : 400);
    if (status === 200) added.delete(userId);
  }

  /** Lists, page by page, and single reads say what the account says. */
  async compare(limit: number): Promise<void> {
    const users = await this.#walk("/users", limit);
    expect(users.map(({ id, role: has }) => [id, has]).sort()).toEqual([...this.#users].sort());
    const open = [...this.#workspaces].filter(([, { isArchived }]) => !isArchived).map(([id]) => id);
    expect((await this.#walk("/workspaces", limit)).map(({ id }) => id).sort()).toEqual(open.sort());
    for (const [id, workspace] of this.#workspaces) {
      const members = await this.#walk(`/workspaces/${id}/members`, limit);
      expect(members.map(({ user_id, workspace_role }) => [user_id, workspace_role]).sort()).toEqual(
        this.#membersOf(workspace).sort(),
      );
      for (const member of members) {
        expect((await this.call("GET", `/workspaces/${id}/members/${member.user_id}`)).json).toEqual(member);
      }
    }
  }

  #membersOf(workspace: Workspace): [string, string][] {
    return [...this.#users].flatMap(([id, has]): [string, string][] => {
      const member = inheritedRole(has, false) ?? workspace.given.get(id);
      return member === undefined ? [] : [[id, member]];
    });
  }

  async #walk(path: string, limit: number): Promise<JsonObject[]> {
    const items: JsonObject[] = [];
    for (let cursor = "", pages = 0; pages < MAX_PAGES; pages++) {
      const { json } = await this.call("GET", `${path}?limit=${limit}${cursor}`);
      items.push(...(json.data as JsonObject[]));
      if (json.has_more !== true) break;
      cursor = `&after_id=${json.last_id}`;
    }
    return items;
  }
}

describe("the sandbox's organization", () => {
  it("says the same in lists, page by page, and in single reads, after any changes", async () => {
    const changes = fc.array(change, { minLength: 20, maxLength: 60, size: "max" });
    await fc.assert(
      fc.asyncProperty(changes, fc.integer({ min: 1, max: 5 }), async (steps, limit) => {
        const twins = new Twins();
        for (const step of [...BEGINNING, ...steps]) await twins.make(step);
        await twins.compare(limit);
      }),
      { numRuns: 100 },
    );
  });
});
