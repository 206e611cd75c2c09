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
  role: WorkspaceRole;
  /** By the organization's role, not because somebody added them: it cannot be changed or taken away here. */
  isInherited: boolean;
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
    const member = { id: user.id, workspaceId, role, isInherited: false };
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
    if (role === member.role) return json(showMember(member));
    refuseInherited(member, "changed");
    if (role === "workspace_billing") {
      throw invalidRequest("workspace_role: workspace_billing is inherited from the organization's billing role");
    }
    member.role = role;
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
    for (const member of members.values()) if (this.#isGone(member)) members.delete(member.id);
    for (const user of this.#users.values()) {
      const role = inheritedRole(user.role, workspace.id === DEFAULT_WORKSPACE_ID);
      if (role === undefined) continue;
      const member = members.get(user.id);
      if (member) Object.assign(member, { role, isInherited: true });
      else {
        const record = { id: user.id, workspaceId: workspace.id, role, isInherited: true };
        members.add(record, Math.max(user.addedAt, workspace.createdAt));
      }
    }
    return members;
  }

  /** Removed from the organization, or there for a role that they no longer have. */
  #isGone({ id, workspaceId, isInherited }: MemberRecord): boolean {
    const user = this.#users.find(id);
    if (!user) return true;
    return isInherited && inheritedRole(user.role, workspaceId === DEFAULT_WORKSPACE_ID) === undefined;
  }
}

function refuseInherited({ isInherited, role }: MemberRecord, what: string): void {
  if (isInherited)
    throw invalidRequest(`${role} follows from the user's organization role and cannot be ${what} here.`);
}

function showMember({ id, workspaceId, role }: MemberRecord): JsonObject {
  return { type: "workspace_member", user_id: id, workspace_id: workspaceId, workspace_role: role };
}
