import type { JsonObject } from "../../kernel/json.ts";
import { invalidRequest, notFoundError } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { deleted, type Endpoint, json } from "../endpoint.ts";
import { listById } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { apiTime, apiTimeOrNull } from "../world-clock.ts";
import { choice, choices, emailField, normalEmail, readFields } from "./fields.ts";
import { ASSIGNABLE_ROLES, ORGANIZATION_ROLES, type OrganizationRole } from "./roles.ts";
import type { UserRecord, Users } from "./users.ts";

const EXPIRES_AFTER_MS = 21 * 86_400_000;
const LISTED = ["pending", "accepted", "expired"] as const;

interface InviteRecord {
  id: string;
  email: string;
  role: OrganizationRole;
  invitedAt: number;
  acceptedAt: number | null;
  isDeleted: boolean;
}

type NewInvite = Pick<InviteRecord, "email" | "role"> & Partial<Omit<InviteRecord, "email" | "role">>;

/** Invites to the organization. Whether one has expired follows from the clock. */
export class Invites {
  readonly #setting: Setting;
  readonly #users: Users;
  readonly #all = new Collection<InviteRecord>();

  constructor(setting: Setting, users: Users) {
    this.#setting = setting;
    this.#users = users;
  }

  /** How many wait for an answer. */
  get pending(): number {
    return this.#all.values().filter((invite) => this.#statusOf(invite) === "pending").length;
  }

  add(invite: NewInvite): InviteRecord {
    const invitedAt = invite.invitedAt ?? this.#setting.clock.now();
    const id = invite.id ?? this.#setting.newId("invite");
    const record = { acceptedAt: null, isDeleted: false, ...invite, id, invitedAt };
    this.#all.add(record, invitedAt);
    return record;
  }

  /** The invited person joins. Throws 404, or 400 unless the invite is pending. */
  accept(id: string): UserRecord {
    const invite = this.#pending(id, "accepted");
    const user = this.#users.add({ email: invite.email, role: invite.role });
    invite.acceptedAt = user.addedAt;
    return user;
  }

  /** POST /v1/organizations/invites: 400 `already_member` or `invite_already_exists`. */
  readonly create: Endpoint = async (call) => {
    const body = await readFields(call, ["email", "role", "rbac_group_ids"]);
    const email = emailField(body);
    const role = choice(body.role, "role", ASSIGNABLE_ROLES);
    const { rbac_group_ids: groups = [] } = body;
    if (!Array.isArray(groups)) throw invalidRequest("rbac_group_ids: Input should be a valid array");
    if (groups.length > 0) throw invalidRequest("rbac_group_ids: accepted only for Claude Enterprise organizations");
    this.#users.refuseMember(email);
    const other = this.#all.values().find((invite) => this.#isPendingFor(invite, email));
    if (other) throw invalidRequest(`Invite \`${other.id}\` for ${email} is pending.`, "invite_already_exists");
    return json(this.#show(this.add({ email, role })));
  };

  /** GET …/invites: deleted ones are left out. */
  readonly list: Endpoint = ({ query, faults }) => {
    const roles = choices(query, "roles", ORGANIZATION_ROLES);
    const asked = choices(query, "statuses", LISTED);
    const statuses: readonly string[] = asked.length > 0 ? asked : LISTED;
    const email = query.get("email");
    const keep = (invite: InviteRecord) =>
      statuses.includes(this.#statusOf(invite)) &&
      (roles.length === 0 || roles.includes(invite.role)) &&
      (email === null || normalEmail(invite.email) === normalEmail(email));
    const show = (invite: InviteRecord) => this.#show(invite);
    return json(listById(this.#all, { query, pageSize: this.#setting.pageSize, keep, show, faults }));
  };

  /** GET …/invites/{id}: a deleted one too, with that status. */
  readonly read: Endpoint = ({ param }) => json(this.#show(this.#get(param("id"))));

  /** DELETE …/invites/{id}: pending ones only. */
  readonly remove: Endpoint = ({ param }) => {
    const invite = this.#pending(param("id"), "deleted");
    invite.isDeleted = true;
    return deleted(invite.id, "invite_deleted");
  };

  #get(id: string): InviteRecord {
    const invite = this.#all.get(id);
    if (!invite) throw notFoundError(`Invite \`${id}\` not found.`);
    return invite;
  }

  #pending(id: string, purpose: string): InviteRecord {
    const invite = this.#get(id);
    const status = this.#statusOf(invite);
    if (status !== "pending") throw invalidRequest(`Invite \`${id}\` is ${status} and cannot be ${purpose}.`);
    return invite;
  }

  #isPendingFor(invite: InviteRecord, email: string): boolean {
    return normalEmail(invite.email) === normalEmail(email) && this.#statusOf(invite) === "pending";
  }

  #statusOf({ acceptedAt, isDeleted, invitedAt }: InviteRecord): "pending" | "accepted" | "expired" | "deleted" {
    if (acceptedAt !== null) return "accepted";
    if (isDeleted) return "deleted";
    return invitedAt + EXPIRES_AFTER_MS <= this.#setting.clock.now() ? "expired" : "pending";
  }

  #show(invite: InviteRecord): JsonObject {
    return {
      id: invite.id,
      type: "invite",
      email: invite.email,
      role: invite.role,
      status: this.#statusOf(invite),
      invited_at: apiTime(invite.invitedAt),
      expires_at: apiTime(invite.invitedAt + EXPIRES_AFTER_MS),
      accepted_at: apiTimeOrNull(invite.acceptedAt),
      rbac_group_ids: [],
    };
  }
}
