import type { JsonObject } from "../../kernel/json.ts";
import { invalidRequest, notFoundError } from "../api-error.ts";
import { Collection } from "../collections.ts";
import { type ApiVersion, type Endpoint, json } from "../endpoint.ts";
import { listById } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { apiTime, apiTimeOrNull } from "../world-clock.ts";
import { choice, readFields, textField } from "./fields.ts";
import { DEFAULT_WORKSPACE_ID } from "./identity.ts";

const SETTABLE = ["active", "inactive", "archived"] as const;
type SetStatus = (typeof SETTABLE)[number];
const STATUSES = [...SETTABLE, "expired"] as const;

/** What is known of a key; the key itself is not. The sandbox takes any key, whatever stands here. */
export interface ApiKeyRecord {
  id: string;
  name: string;
  status: SetStatus;
  hint: string;
  createdAt: number;
  expiresAt: number | null;
  /** The user who made it; null = not recorded. */
  createdBy: string | null;
  workspaceId: string;
}

/** A key that somebody makes in the Console: the API has no call for it. */
export type NewApiKey = { name: string } & Partial<Omit<ApiKeyRecord, "name" | "hint">>;

/** The organization's API keys. Whether one has expired follows from the clock. */
export class ApiKeys {
  readonly #setting: Setting;
  readonly #all = new Collection<ApiKeyRecord>();

  constructor(setting: Setting) {
    this.#setting = setting;
  }

  get size(): number {
    return this.#all.size;
  }

  find(id: string): ApiKeyRecord | undefined {
    return this.#all.get(id);
  }

  /** Active, in the default workspace and without end unless told otherwise. */
  add(key: NewApiKey): ApiKeyRecord {
    const id = key.id ?? this.#setting.newId("apikey");
    const record: ApiKeyRecord = {
      status: "active",
      expiresAt: null,
      createdBy: null,
      workspaceId: DEFAULT_WORKSPACE_ID,
      createdAt: this.#setting.clock.now(),
      ...key,
      id,
      hint: `sk-ant-api03-${id.slice(-7, -4)}...${id.slice(-4)}`,
    };
    this.#all.add(record, record.createdAt);
    return record;
  }

  /** A workspace that is archived takes its keys along, for good. */
  archiveOf(workspaceId: string): void {
    for (const key of this.#all.values()) if (key.workspaceId === workspaceId) key.status = "archived";
  }

  /** GET /v1/organizations/api_keys */
  readonly list: Endpoint = ({ query, faults, version }) => {
    const status = query.has("status") ? choice(query.get("status"), "status", STATUSES) : null;
    const workspaceId = query.get("workspace_id");
    const creator = query.get("created_by_user_id");
    const keep = (key: ApiKeyRecord) =>
      (status === null || this.#statusOf(key) === status) &&
      (workspaceId === null || key.workspaceId === workspaceId) &&
      (creator === null || key.createdBy === creator);
    const show = (key: ApiKeyRecord) => this.#show(key, version);
    return json(listById(this.#all, { query, pageSize: this.#setting.pageSize, keep, show, faults }));
  };

  /** GET …/api_keys/{id} */
  readonly read: Endpoint = ({ param, version }) => json(this.#show(this.#get(param("id")), version));

  /** POST …/api_keys/{id}: name and status; null leaves it. 400 for a key that is archived or has expired. */
  readonly update: Endpoint = async (call) => {
    const key = this.#get(call.param("id"));
    const body = await readFields(call, ["name", "status"]);
    const name = (body.name ?? null) === null ? key.name : textField(body, "name");
    const status = (body.status ?? null) === null ? key.status : choice(body.status, "status", SETTABLE);
    const was = this.#statusOf(key);
    if (status !== key.status && was === "archived") throw invalidRequest("An archived API key stays archived.");
    if (status !== key.status && status !== "archived" && was === "expired") {
      throw invalidRequest("An expired API key can only be archived.");
    }
    Object.assign(key, { name, status });
    return json(this.#show(key, call.version));
  };

  #get(id: string): ApiKeyRecord {
    const key = this.find(id);
    if (!key) throw notFoundError(`API key \`${id}\` not found.`);
    return key;
  }

  #statusOf({ status, expiresAt }: ApiKeyRecord): (typeof STATUSES)[number] {
    const isOver = expiresAt !== null && expiresAt <= this.#setting.clock.now();
    return isOver && status !== "archived" ? "expired" : status;
  }

  /** The older version has `workspace_id` too, null for the default workspace. */
  #show(key: ApiKeyRecord, version: ApiVersion): JsonObject {
    const { createdBy, workspaceId } = key;
    return {
      id: key.id,
      type: "api_key",
      name: key.name,
      status: this.#statusOf(key),
      partial_key_hint: key.hint,
      created_at: apiTime(key.createdAt),
      expires_at: apiTimeOrNull(key.expiresAt),
      created_by: createdBy === null ? null : { id: createdBy, type: "user" },
      principal: createdBy === null ? null : { type: "user_actor", user_id: createdBy },
      scope: { type: "workspace", workspace_id: workspaceId },
      ...(version === "2023-06-01" && { workspace_id: workspaceId === DEFAULT_WORKSPACE_ID ? null : workspaceId }),
    };
  }
}
