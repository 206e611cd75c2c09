/** Roles in a Console organization (facts, section 11; the others belong to Claude Enterprise). */
export const ORGANIZATION_ROLES = ["user", "developer", "billing", "admin", "claude_code_user"] as const;
export type OrganizationRole = (typeof ORGANIZATION_ROLES)[number];

/** What the API may make of somebody: everything but an admin. */
export const ASSIGNABLE_ROLES = ["user", "developer", "billing", "claude_code_user"] as const;

export const WORKSPACE_ROLES = [
  "workspace_user",
  "workspace_developer",
  "workspace_restricted_developer",
  "workspace_admin",
  "workspace_billing",
] as const;
export type WorkspaceRole = (typeof WORKSPACE_ROLES)[number];

/** The billing role is inherited from the organization, never given to a new member. */
export const ADDABLE_WORKSPACE_ROLES = WORKSPACE_ROLES.filter((role) => role !== "workspace_billing");

const IN_EVERY_WORKSPACE: Partial<Record<OrganizationRole, WorkspaceRole>> = {
  admin: "workspace_admin",
  billing: "workspace_billing",
};
const IN_DEFAULT_WORKSPACE: Record<OrganizationRole, WorkspaceRole> = {
  user: "workspace_user",
  developer: "workspace_developer",
  billing: "workspace_billing",
  admin: "workspace_admin",
  claude_code_user: "workspace_user",
};

/** What a user is in a workspace by the organization's role alone; null = a member only if added. */
export function inheritedRole(role: OrganizationRole, inDefaultWorkspace: boolean): WorkspaceRole | null {
  return inDefaultWorkspace ? IN_DEFAULT_WORKSPACE[role] : (IN_EVERY_WORKSPACE[role] ?? null);
}
