/** What a caller may do with each model; `archive` only where a thing outlives its end. */
export type DirectoryVerb = "list" | "get" | "create" | "update" | "delete" | "archive";

/** `text` and `texts` are strings, `time` is ISO 8601, `flag` true or false. */
export interface DirectoryField {
  type: "text" | "texts" | "time" | "flag";
  description: string;
  /** The only values it may have. */
  values?: readonly string[];
}

interface DirectoryShape {
  /** One of it, in words. */
  noun: string;
  /** Below `/v1/unified/user-directory`, in Hono's form. */
  path: string;
  /** Ids in the path, above its own. */
  within: readonly string[];
  fields: Readonly<Record<string, DirectoryField>>;
  /** The fields by which a list may be narrowed. */
  filters: readonly string[];
  /** The fields that a create, and an update, may set. */
  create: readonly string[];
  update: readonly string[];
  archive: boolean;
}

const TIMES = {
  created_at: { type: "time", description: "When it came to be." },
  updated_at: { type: "time", description: "When it last changed." },
} as const satisfies Record<string, DirectoryField>;
const ROLES = { type: "texts", description: "Ids of its roles, as `roles` lists them." } as const;

/**
 * The unified user directory: the fields of each model, whatever API they come from. A field that the API does not have is null.
 * The names are those that RFC 7643 (SCIM) and the directories of Merge, WorkOS and Truto share, in snake case.
 */
export const DIRECTORY = {
  users: {
    noun: "user",
    path: "/users",
    within: [],
    fields: {
      id: { type: "text", description: "Identifier of the user." },
      email: { type: "text", description: "Email address." },
      name: { type: "text", description: "Full name." },
      first_name: { type: "text", description: "Given name." },
      last_name: { type: "text", description: "Family name." },
      username: { type: "text", description: "Name to log in with, where it is not the email address." },
      status: {
        type: "text",
        description: "Whether the user may log in; `invited` has not accepted yet.",
        values: ["active", "invited", "inactive", "deleted"],
      },
      roles: ROLES,
      ...TIMES,
    },
    filters: ["email", "status", "roles"],
    create: ["email", "name", "first_name", "last_name", "username", "status", "roles"],
    update: ["email", "name", "first_name", "last_name", "username", "status", "roles"],
    archive: false,
  },
  roles: {
    noun: "role",
    path: "/roles",
    within: [],
    fields: {
      id: { type: "text", description: "Identifier of the role, as users and members carry it." },
      name: { type: "text", description: "Name of the role." },
      description: { type: "text", description: "What the role may do." },
      scope: {
        type: "text",
        description: "Where the role counts: for users (organization) or for members (workspace).",
        values: ["organization", "workspace"],
      },
      assignable: { type: "flag", description: "Whether the API lets the role be given." },
      ...TIMES,
    },
    filters: [],
    create: ["name", "description"],
    update: ["name", "description"],
    archive: false,
  },
  workspaces: {
    noun: "workspace",
    path: "/workspaces",
    within: [],
    fields: {
      id: { type: "text", description: "Identifier of the workspace (team, project, group)." },
      name: { type: "text", description: "Name of the workspace." },
      description: { type: "text", description: "What the workspace is for." },
      status: { type: "text", description: "Whether it is in use.", values: ["active", "archived"] },
      ...TIMES,
      archived_at: { type: "time", description: "When it was archived." },
    },
    filters: ["status"],
    create: ["name", "description"],
    update: ["name", "description"],
    archive: true,
  },
  members: {
    noun: "member",
    path: "/workspaces/:workspace_id/members",
    within: ["workspace_id"],
    fields: {
      id: { type: "text", description: "Identifier of the membership, as its address takes it." },
      user_id: { type: "text", description: "Identifier of the user." },
      workspace_id: { type: "text", description: "Identifier of the workspace." },
      email: { type: "text", description: "Email address of the user." },
      name: { type: "text", description: "Full name of the user." },
      roles: ROLES,
      ...TIMES,
    },
    filters: [],
    create: ["user_id", "email", "roles"],
    update: ["roles"],
    archive: false,
  },
} as const satisfies Record<string, DirectoryShape>;

export type DirectoryModel = keyof typeof DIRECTORY;

export const DIRECTORY_MODELS = Object.keys(DIRECTORY) as DirectoryModel[];

/** The shape of a model, as data that any code can go through. */
export function shapeOf(model: DirectoryModel): DirectoryShape {
  return DIRECTORY[model];
}

/** The verbs that a model knows. */
export function verbsOf(model: DirectoryModel): DirectoryVerb[] {
  return ["list", "get", "create", "update", "delete", ...(shapeOf(model).archive ? (["archive"] as const) : [])];
}

/** The names that a request of a verb may carry: ids of its path, and the fields that it filters by or sets. */
export function namesOf(model: DirectoryModel, verb: DirectoryVerb): readonly string[] {
  const { within, filters, create, update } = shapeOf(model);
  switch (verb) {
    case "list":
      return [...within, ...filters];
    case "create":
      return [...within, ...create];
    case "update":
      return [...within, "id", ...update];
    default:
      return [...within, "id"];
  }
}
