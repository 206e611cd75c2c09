import type { ApiKeys } from "./api-keys.ts";
import { seededId } from "./identity.ts";
import type { Invites } from "./invites.ts";
import type { Members } from "./members.ts";
import type { OrganizationRole, WorkspaceRole } from "./roles.ts";
import type { Users } from "./users.ts";
import type { Workspaces } from "./workspaces.ts";

const DAY_MS = 86_400_000;

/** Name, role, and how many days before the sandbox began they joined. */
const PEOPLE: [name: string, role: OrganizationRole, daysAgo: number][] = [
  ["Ada Okafor", "admin", 400],
  ["Bruno Keller", "admin", 380],
  ["Chiara Rossi", "developer", 300],
  ["Dmitri Volkov", "developer", 260],
  ["Elif Demir", "developer", 120],
  ["Farah Haddad", "billing", 240],
  ["Goro Tanaka", "claude_code_user", 90],
  ["Hana Novak", "user", 60],
  ["Ivan Petrov", "user", 45],
];
const WORKSPACES: [name: string, color: string, daysAgo: number][] = [
  ["Production", "#6C5BB9", 290],
  ["Staging", "#2F8F83", 280],
  ["Old experiments", "#A0522D", 350],
];
const MEMBERS: [workspace: string, person: string, role: WorkspaceRole][] = [
  ["Production", "Chiara Rossi", "workspace_admin"],
  ["Production", "Dmitri Volkov", "workspace_developer"],
  ["Production", "Hana Novak", "workspace_user"],
  ["Staging", "Dmitri Volkov", "workspace_developer"],
  ["Staging", "Elif Demir", "workspace_restricted_developer"],
];

interface Holds {
  users: Users;
  workspaces: Workspaces;
  members: Members;
  keys: ApiKeys;
  invites: Invites;
}

/** A small company as of `startMs`: people of every role, workspaces, keys and invites in every state. */
export function seedOrganization({ users, workspaces, members, keys, invites }: Holds, startMs: number): void {
  const ago = (days: number) => startMs - days * DAY_MS;
  for (const [name, role, daysAgo] of PEOPLE) {
    users.add({ id: seededId("user", name), email: emailOf(name), name, role, addedAt: ago(daysAgo) });
  }
  for (const [name, displayColor, daysAgo] of WORKSPACES) {
    workspaces.add({
      id: seededId("wrkspc", name),
      name,
      displayColor,
      createdAt: ago(daysAgo),
      tags: { team: "core" },
    });
  }
  for (const [workspace, person, role] of MEMBERS) {
    members.add(seededId("wrkspc", workspace), seededId("user", person), role);
  }
  workspaces.get(seededId("wrkspc", "Old experiments")).archivedAt = ago(200);
  const createdBy = seededId("user", "Chiara Rossi");
  const key = (name: string, daysAgo: number) => ({
    id: seededId("apikey", name),
    name,
    createdAt: ago(daysAgo),
    createdBy,
  });
  keys.add({ ...key("Old experiments", 340), workspaceId: seededId("wrkspc", "Old experiments"), status: "archived" });
  keys.add({ ...key("Production backend", 285), workspaceId: seededId("wrkspc", "Production") });
  keys.add({ ...key("Staging backend", 275), workspaceId: seededId("wrkspc", "Staging"), status: "inactive" });
  keys.add({ ...key("Trial", 150), expiresAt: ago(120) });
  keys.add({ ...key("Sandbox", 30), createdBy: seededId("user", "Ada Okafor") });
  const invite = (name: string, role: OrganizationRole, daysAgo: number) => ({
    id: seededId("invite", name),
    email: emailOf(name),
    role,
    invitedAt: ago(daysAgo),
  });
  invites.add({ ...invite("Ivan Petrov", "user", 46), acceptedAt: ago(45) });
  invites.add(invite("Jonas Weber", "developer", 30));
  invites.add(invite("Kavya Nair", "developer", 3));
}

function emailOf(name: string): string {
  return `${name.split(" ")[0]?.toLowerCase()}@example.com`;
}
