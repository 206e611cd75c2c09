import type { JsonObject } from "../../kernel/json.ts";
import { invalidRequest, notFoundError } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { type Endpoint, json } from "../endpoint.ts";
import { listById } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { choice, readFields, textField } from "./fields.ts";
import { DEFAULT_WORKSPACE_ID } from "./identity.ts";
import { ADDABLE_WORKSPACE_ROLES, inheritedRole, WORKSPACE_ROLES, type WorkspaceRole } from "./roles.ts";
import type { Users } from "./users.ts";
import type { WorkspaceRecord, Workspaces } from "./workspaces.ts";

interface MemberRecord {
  /** The user's. */
  id: string;
  workspaceId: string;
  /** What they were added as; null = nobody added them. */
  given: WorkspaceRole | null;
  /** What they are by their role in the organization, which goes before and cannot be changed or taken away here. */
  inherited: WorkspaceRole | null;
}

/**
 * Who may work in which workspace. Admins and billing members are in every one, and everybody is in the default one: that
 * follows from the users and is brought up to date whenever a workspace's members are asked for.
 */
export class Members {
  readonly #setting: Setting;
  readonly #users: Users;
  readonly #workspaces: Workspaces;
  readonly #byWorkspace = new Map<string, Collection<MemberRecord>>();

  constructor(setting: Setting, users: Users, workspaces: Workspaces) {
    this.#setting = setting;
    this.#users = users;
    this.#workspaces = workspaces;
  }

  /** Throws 404 or 400. */
  add(workspaceId: string, userId: string, role: WorkspaceRole): MemberRecord {
    const workspace = this.#workspaces.open(workspaceId);
    const members = this.#of(workspace);
    const user = this.#users.get(userId);
    if (members.get(user.id)) throw invalidRequest(`User \`${user.id}\` is already a member of this workspace.`);
    const member = { id: user.id, workspaceId, given: role, inherited: null };
    members.add(member, this.#setting.clock.now());
    return member;
  }

  /** POST …/workspaces/{id}/members */
  readonly create: Endpoint = async (call) => {
    const body = await readFields(call, ["user_id", "workspace_role"]);
    const role = choice(body.workspace_role, "workspace_role", ADDABLE_WORKSPACE_ROLES);
    return json(showMember(this.add(call.param("id"), textField(body, "user_id"), role)));
  };

  /** GET …/members */
  readonly list: Endpoint = ({ param, query, faults }) => {
    const members = this.#of(this.#workspaces.get(param("id")));
    const { pageSize } = this.#setting;
    return json(listById(members, { query, pageSize, keep: () => true, show: showMember, faults }));
  };

  /** GET …/members/{user_id} */
  readonly read: Endpoint = ({ param }) =>
    json(showMember(this.#get(this.#workspaces.get(param("id")), param("user"))));

  /** POST …/members/{user_id}: 400 for a role that follows from the organization's. */
  readonly update: Endpoint = async (call) => {
    const member = this.#get(this.#workspaces.open(call.param("id")), call.param("user"));
    const body = await readFields(call, ["workspace_role"]);
    const role = choice(body.workspace_role, "workspace_role", WORKSPACE_ROLES);
    if (role === roleOf(member)) return json(showMember(member));
    refuseInherited(member, "changed");
    if (role === "workspace_billing") {
      throw invalidRequest("workspace_role: workspace_billing is inherited from the organization's billing role");
    }
    member.given = role;
    return json(showMember(member));
  };

  /** DELETE …/members/{user_id} */
  readonly remove: Endpoint = ({ param }) => {
    const workspace = this.#workspaces.open(param("id"));
    const member = this.#get(workspace, param("user"));
    refuseInherited(member, "removed");
    this.#of(workspace).delete(member.id);
    return json({ type: "workspace_member_deleted", user_id: member.id, workspace_id: workspace.id });
  };

  #get(workspace: WorkspaceRecord, userId: string): MemberRecord {
    const member = this.#of(workspace).get(userId);
    if (!member) throw notFoundError(`User \`${userId}\` is not a member of workspace \`${workspace.id}\`.`);
    return member;
  }

  #of(workspace: WorkspaceRecord): Collection<MemberRecord> {
    const members = this.#byWorkspace.get(workspace.id) ?? new Collection<MemberRecord>();
    this.#byWorkspace.set(workspace.id, members);
    for (const member of members.values()) {
      const user = this.#users.find(member.id);
      member.inherited = user ? inheritedRole(user.role, workspace.id === DEFAULT_WORKSPACE_ID) : null;
      if (!user || roleOf(member) === null) members.delete(member.id);
    }
    for (const { id, role, addedAt } of this.#users.values()) {
      const inherited = inheritedRole(role, workspace.id === DEFAULT_WORKSPACE_ID);
      if (inherited === null || members.get(id)) continue;
      const member = { id, workspaceId: workspace.id, given: null, inherited };
      members.add(member, Math.max(addedAt, workspace.createdAt));
    }
    return members;
  }
}

function roleOf({ given, inherited }: MemberRecord): WorkspaceRole | null {
  return inherited ?? given;
}

function refuseInherited({ inherited }: MemberRecord, what: string): void {
  if (inherited === null) return;
  throw invalidRequest(`${inherited} follows from the user's organization role and cannot be ${what} here.`);
}

function showMember(member: MemberRecord): JsonObject {
  const { id, workspaceId } = member;
  return { type: "workspace_member", user_id: id, workspace_id: workspaceId, workspace_role: roleOf(member) };
}
