import type { JsonObject } from "../../kernel/json.ts";
import { invalidRequest, notFoundError } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { deleted, type Endpoint, json } from "../endpoint.ts";
import { listById } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { apiTime } from "../world-clock.ts";
import { choice, choices, normalEmail, readFields } from "./fields.ts";
import { ASSIGNABLE_ROLES, ORGANIZATION_ROLES, type OrganizationRole } from "./roles.ts";

export interface UserRecord {
  id: string;
  email: string;
  name: string;
  role: OrganizationRole;
  addedAt: number;
}

/** Somebody who joins without an invite. */
export interface NewUser {
  email: string;
  /** The address's first part unless given. */
  name?: string;
  /** `user` unless given. */
  role?: OrganizationRole;
  id?: string;
  addedAt?: number;
}

/** The members of the organization, newest first. */
export class Users {
  readonly #setting: Setting;
  readonly #all = new Collection<UserRecord>();

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Oldest first. */
  values(): UserRecord[] {
    return this.#all.values();
  }

  find(id: string): UserRecord | undefined {
    return this.#all.get(id);
  }

  /** Throws 404. */
  get(id: string): UserRecord {
    const user = this.find(id);
    if (!user) throw notFoundError(`User \`${id}\` not found.`);
    return user;
  }

  findByEmail(email: string): UserRecord | undefined {
    const wanted = normalEmail(email);
    return this.values().find((user) => normalEmail(user.email) === wanted);
  }

  /** Throws 400 `already_member` for an address that a member has. */
  add({ email, name = email.split("@")[0] ?? email, role = "user", id, addedAt }: NewUser): UserRecord {
    this.refuseMember(email);
    const at = addedAt ?? this.#setting.clock.now();
    const user = { id: id ?? this.#setting.newId("user"), email, name, role, addedAt: at };
    this.#all.add(user, at);
    return user;
  }

  delete(id: string): boolean {
    return this.#all.delete(id);
  }

  /** Throws 400 `already_member` for an address that a member has. */
  refuseMember(email: string): void {
    const member = this.findByEmail(email);
    if (member) throw invalidRequest(`${email} already belongs to user \`${member.id}\`.`, "already_member");
  }

  /** GET /v1/organizations/users */
  readonly list: Endpoint = ({ query, faults }) => {
    const roles = choices(query, "roles", ORGANIZATION_ROLES);
    const email = query.get("email");
    const keep = (user: UserRecord) =>
      (roles.length === 0 || roles.includes(user.role)) &&
      (email === null || normalEmail(user.email) === normalEmail(email));
    return json(listById(this.#all, { query, pageSize: this.#setting.pageSize, keep, show: showUser, faults }));
  };

  /** GET …/users/{id} */
  readonly read: Endpoint = ({ param }) => json(showUser(this.get(param("id"))));

  /** POST …/users/{id}: the role only. 400 for admins, who are neither made nor unmade here. */
  readonly update: Endpoint = async (call) => {
    const user = this.get(call.param("id"));
    const body = await readFields(call, ["role"]);
    const role = choice(body.role, "role", ASSIGNABLE_ROLES);
    if (user.role === "admin") throw invalidRequest("The role of an admin cannot be changed through the API.");
    user.role = role;
    return json(showUser(user));
  };

  /** DELETE …/users/{id}: 400 for an admin and for the only member. */
  readonly remove: Endpoint = ({ param }) => {
    const { id, role } = this.get(param("id"));
    if (this.size === 1) {
      throw invalidRequest("The organization's only member cannot be removed.", "cannot_remove_last_member");
    }
    if (role === "admin") throw invalidRequest("Admins cannot be removed through the API.");
    this.#all.delete(id);
    return deleted(id, "user_deleted");
  };

  /** POST …/users/{id}/sign_out: nobody is signed in here, so it changes nothing. */
  readonly signOut: Endpoint = ({ param, betas }) => {
    if (!betas.has(SIGN_OUT_BETA)) throw notFoundError();
    return json(showUser(this.get(param("id"))));
  };
}

/** What the SDK sends along to sign somebody out; without it there is no such path. */
const SIGN_OUT_BETA = "admin-user-sign-out-2026-10-08";

function showUser({ id, email, name, role, addedAt }: UserRecord): JsonObject {
  return { id, type: "user", email, name, role, added_at: apiTime(addedAt) };
}
