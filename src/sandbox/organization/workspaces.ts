import type { JsonObject } from "../../kernel/json.ts";
import { invalidRequest, notFoundError } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { type Endpoint, json } from "../endpoint.ts";
import { derivedUuid } from "../identifiers.ts";
import { listById } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { apiTime, apiTimeOrNull } from "../world-clock.ts";
import type { ApiKeys } from "./api-keys.ts";
import { flag, readFields, textField } from "./fields.ts";
import { DEFAULT_WORKSPACE_ID } from "./identity.ts";
import {
  ANYWHERE,
  changedTags,
  type DataResidency,
  dataResidency,
  displayColor,
  refuseWhatIsNotThere,
} from "./workspace-fields.ts";

const MAX_WORKSPACES = 100;
const MAX_IDS = 100;
const COLOR = "#6C5BB9";
const FIELDS = ["name", "display_color", "data_residency", "external_key_id", "tags", "user_profile_id"];

export interface WorkspaceRecord {
  id: string;
  name: string;
  displayColor: string;
  createdAt: number;
  archivedAt: number | null;
  dataResidency: DataResidency;
  tags: Record<string, string>;
}

export type NewWorkspace = { name: string } & Partial<Omit<WorkspaceRecord, "name">>;

/** The workspaces of the organization; the default one is always there. */
export class Workspaces {
  readonly #setting: Setting;
  readonly #keys: ApiKeys;
  readonly #all = new Collection<WorkspaceRecord>();

  /** The default workspace is as old as the organization: `foundedAt`. */
  constructor(setting: Setting, keys: ApiKeys, foundedAt: number) {
    this.#setting = setting;
    this.#keys = keys;
    this.add({ id: DEFAULT_WORKSPACE_ID, name: "Default", createdAt: foundedAt });
  }

  /** The default one and archived ones among them. */
  get size(): number {
    return this.#all.size;
  }

  add(workspace: NewWorkspace): WorkspaceRecord {
    const record: WorkspaceRecord = {
      displayColor: COLOR,
      createdAt: this.#setting.clock.now(),
      archivedAt: null,
      dataResidency: ANYWHERE,
      tags: {},
      ...workspace,
      id: workspace.id ?? this.#setting.newId("wrkspc"),
    };
    this.#all.add(record, record.createdAt);
    return record;
  }

  /** Throws 404. */
  get(id: string): WorkspaceRecord {
    const workspace = this.#all.get(id);
    if (!workspace) throw notFoundError(`Workspace \`${id}\` not found.`);
    return workspace;
  }

  /** One that may be changed. Throws 404, or 400 for one that is archived. */
  open(id: string): WorkspaceRecord {
    const workspace = this.get(id);
    if (workspace.archivedAt !== null) throw invalidRequest(`Workspace \`${id}\` is archived.`);
    return workspace;
  }

  /** POST /v1/organizations/workspaces: 400 beyond 100 that are not archived. */
  readonly create: Endpoint = async (call) => {
    const body = await readFields(call, FIELDS);
    refuseWhatIsNotThere(body);
    const { display_color: color = null } = body;
    const workspace: NewWorkspace = {
      name: textField(body, "name"),
      displayColor: color === null ? COLOR : displayColor(color),
      dataResidency: dataResidency(body.data_residency, ANYWHERE, true),
      tags: changedTags(body.tags, {}),
    };
    const active = this.#all.values().filter(({ archivedAt }) => archivedAt === null).length;
    if (active >= MAX_WORKSPACES) {
      throw invalidRequest(`The organization has ${MAX_WORKSPACES} workspaces, which is its limit. Archive one first.`);
    }
    return json(showWorkspace(this.add(workspace)));
  };

  /** GET …/workspaces: neither the default one nor archived ones unless asked for. */
  readonly list: Endpoint = ({ query, faults }) => {
    const withDefault = flag(query, "include_default");
    const withArchived = flag(query, "include_archived");
    const ids = new Set(query.getAll("ids[]"));
    if (ids.size > MAX_IDS) throw invalidRequest(`ids: List should have at most ${MAX_IDS} items, not ${ids.size}`);
    const keep = ({ id, archivedAt }: WorkspaceRecord) =>
      (withDefault || id !== DEFAULT_WORKSPACE_ID) &&
      (withArchived || archivedAt === null) &&
      (ids.size === 0 || ids.has(id));
    return json(listById(this.#all, { query, pageSize: this.#setting.pageSize, keep, show: showWorkspace, faults }));
  };

  /** GET …/workspaces/{id} */
  readonly read: Endpoint = ({ param }) => json(showWorkspace(this.get(param("id"))));

  /** POST …/workspaces/{id} */
  readonly update: Endpoint = async (call) => {
    const workspace = this.open(call.param("id"));
    const body = await readFields(call, FIELDS);
    refuseWhatIsNotThere(body);
    const changes = {
      ...(body.name !== undefined && { name: textField(body, "name") }),
      ...(body.display_color !== undefined && { displayColor: displayColor(body.display_color) }),
      dataResidency: dataResidency(body.data_residency, workspace.dataResidency, false),
      tags: changedTags(body.tags, workspace.tags),
    };
    if (changes.name !== undefined) refuseDefault(workspace, "renamed");
    return json(showWorkspace(Object.assign(workspace, changes)));
  };

  /** POST …/workspaces/{id}/archive: for good, and its keys with it. A second time changes nothing. */
  readonly archive: Endpoint = ({ param }) => {
    const workspace = this.get(param("id"));
    refuseDefault(workspace, "archived");
    workspace.archivedAt ??= this.#setting.clock.now();
    this.#keys.archiveOf(workspace.id);
    return json(showWorkspace(workspace));
  };
}

function refuseDefault({ id }: WorkspaceRecord, what: string): void {
  if (id === DEFAULT_WORKSPACE_ID) throw invalidRequest(`The default workspace cannot be ${what}.`);
}

function showWorkspace(workspace: WorkspaceRecord): JsonObject {
  return {
    id: workspace.id,
    type: "workspace",
    name: workspace.name,
    display_color: workspace.displayColor,
    created_at: apiTime(workspace.createdAt),
    archived_at: apiTimeOrNull(workspace.archivedAt),
    compartment_id: derivedUuid(workspace.id),
    data_residency: workspace.dataResidency,
    external_key_id: null,
    tags: workspace.tags,
    user_profile_id: null,
  };
}
