import type { JsonObject } from "../kernel/json.ts";
import { ApiError, invalidRequest, notFoundError } from "./api-error.ts";
import { Collection } from "./collections.ts";
import { type Answer, type Call, deleted, type Endpoint, json } from "./endpoint.ts";
import { listByToken } from "./paging.ts";
import type { Setting } from "./setting.ts";
import { checkSkill, readSkillForm, type SkillPackage } from "./skill-package.ts";
import {
  isOldSkillShape,
  type SkillRecord,
  showSkill,
  showVersion,
  type VersionRecord,
  versionNumber,
  versionOf,
} from "./skill-shapes.ts";
import { writeZip } from "./zip.ts";

const MAX_DISPLAY_NAME = 255;
/** The old shape's pages are smaller. */
const OLD_MAX_LIMIT = 100;
const SOURCES = ["custom", "anthropic"];

const PREBUILT: [id: string, description: string][] = [
  ["pptx", "Create and edit presentations, with layouts, charts and speaker notes."],
  ["xlsx", "Create and edit spreadsheets, with formulas, formatting and charts."],
  ["docx", "Create and edit documents, with tracked changes, comments and tables."],
  ["pdf", "Fill in forms, take text and tables out of documents, merge and split them."],
];
/** When Anthropic's own skills came out. */
const PREBUILT_AT = Date.UTC(2025, 9, 13);

/** Skills of the workspace, and Anthropic's own, which are read-only. */
export class Skills {
  readonly #setting: Setting;
  readonly #all = new Collection<SkillRecord>();

  constructor(setting: Setting, seeded: boolean) {
    this.#setting = setting;
    for (const [id, description] of seeded ? PREBUILT : []) {
      const skill = this.#keep({ id, source: "anthropic", label: id, at: PREBUILT_AT });
      this.#addVersion(skill, { directory: id, name: id, description, files: [] }, PREBUILT_AT);
    }
  }

  get size(): number {
    return this.#all.size;
  }

  /** A custom skill that appears without a call. Throws 400 for a package that breaks the rules. */
  add(files: { path: string; bytes: Uint8Array }[], label: string | null = null): SkillRecord {
    return this.#create(checkSkill(files), label);
  }

  find(id: string): SkillRecord | undefined {
    return this.#all.get(id);
  }

  delete(id: string): boolean {
    return this.#all.delete(id);
  }

  /** POST /v1/skills */
  readonly create: Endpoint = async (call) => {
    const { files, fields } = await readSkillForm(call.request);
    const label = labelOf(fields, isOldSkillShape(call) ? "display_title" : "display_name");
    return json(showSkill(this.#create(checkSkill(files), label), call));
  };

  /** GET /v1/skills */
  readonly list: Endpoint = (call) => {
    const source = call.query.get("source");
    if (source !== null && !SOURCES.includes(source)) {
      throw invalidRequest("source: Input should be 'custom' or 'anthropic'");
    }
    const keep = (skill: SkillRecord) => source === null || skill.source === source;
    return this.#page(this.#all, call, keep, (skill) => showSkill(skill, call));
  };

  /** GET /v1/skills/{id} */
  readonly read: Endpoint = (call) => json(showSkill(this.#get(call), call));

  /** DELETE /v1/skills/{id}: takes the versions along; the old shape refuses while there are any. */
  readonly remove: Endpoint = (call) => {
    const skill = this.#own(call);
    if (isOldSkillShape(call) && skill.versions.size > 0) {
      throw invalidRequest("Cannot delete skill with existing versions. Delete all versions first.");
    }
    this.#all.delete(skill.id);
    return deleted(skill.id, "skill_deleted");
  };

  /** POST /v1/skills/{id}/versions */
  readonly createVersion: Endpoint = async (call) => {
    const skill = this.#own(call);
    const { files } = await readSkillForm(call.request);
    return json(showVersion(this.#addVersion(skill, checkSkill(files), this.#setting.clock.now()), skill, call));
  };

  /** GET /v1/skills/{id}/versions */
  readonly listVersions: Endpoint = (call) => {
    const skill = this.#get(call);
    return this.#page(
      skill.versions,
      call,
      () => true,
      (version) => showVersion(version, skill, call),
    );
  };

  /** GET /v1/skills/{id}/versions/{version or latest} */
  readonly readVersion: Endpoint = (call) => {
    const skill = this.#get(call);
    return json(showVersion(versionOf(skill, call.param("version")), skill, call));
  };

  /** GET …/content: the files of a version as a zip archive. */
  readonly content: Endpoint = (call) => {
    const { files } = versionOf(this.#own(call), call.param("version"));
    return { contentType: "application/zip", body: writeZip(files) };
  };

  /** DELETE …/versions/{version}: the last one only by the old shape, where a skill may have none. */
  readonly removeVersion: Endpoint = (call) => {
    const skill = this.#own(call);
    const version = versionOf(skill, call.param("version"));
    if (!isOldSkillShape(call) && skill.versions.size === 1) {
      throw invalidRequest("A skill has at least one version. Delete the skill instead.");
    }
    skill.versions.delete(version.id);
    skill.updatedAt = this.#setting.clock.now();
    return deleted(version.id, "skill_version_deleted");
  };

  #create(contents: SkillPackage, label: string | null): SkillRecord {
    const at = this.#setting.clock.now();
    const skill = this.#keep({ id: this.#setting.newId("skill"), source: "custom", label, at });
    skill.name = contents.name;
    this.#addVersion(skill, contents, at);
    return skill;
  }

  #keep({ id, source, label, at }: Pick<SkillRecord, "id" | "source" | "label"> & { at: number }): SkillRecord {
    const skill: SkillRecord = {
      id,
      name: id,
      source,
      label,
      createdAt: at,
      updatedAt: at,
      versions: new Collection(),
    };
    this.#all.add(skill, at);
    return skill;
  }

  #addVersion(skill: SkillRecord, contents: SkillPackage, at: number): VersionRecord {
    const version = { id: this.#setting.newId("skver"), createdAt: at, number: versionNumber(skill, at), ...contents };
    skill.versions.add(version, at);
    skill.updatedAt = at;
    return version;
  }

  #page<T extends { id: string }>(
    collection: Collection<T>,
    call: Call,
    keep: (item: T) => boolean,
    show: (item: T) => JsonObject,
  ): Answer {
    const { query, faults } = call;
    const old = isOldSkillShape(call);
    const listing = {
      query,
      pageSize: this.#setting.pageSize,
      keep,
      show,
      faults,
      ...(old && { maxLimit: OLD_MAX_LIMIT }),
    };
    const page = listByToken(collection, listing);
    return json(old ? { ...page, has_more: page.next_page !== null } : page);
  }

  #get({ param }: Call): SkillRecord {
    const skill = this.#all.get(param("id"));
    if (!skill) throw notFoundError(`Skill \`${param("id")}\` not found.`);
    return skill;
  }

  #own(call: Call): SkillRecord {
    const skill = this.#get(call);
    if (skill.source !== "custom") {
      throw new ApiError(403, "permission_error", `Skill \`${skill.id}\` is published by Anthropic and is read-only.`);
    }
    return skill;
  }
}

function labelOf(fields: Map<string, string>, name: string): string | null {
  const extra = [...fields.keys()].find((field) => field !== name);
  if (extra !== undefined) throw invalidRequest(`${extra}: Extra inputs are not permitted`);
  const label = fields.get(name) || null;
  if (label !== null && label.length > MAX_DISPLAY_NAME) {
    throw invalidRequest(`${name}: String should have at most ${MAX_DISPLAY_NAME} characters`);
  }
  return label;
}
