import type { JsonObject } from "../kernel/json.ts";
import { notFoundError } from "./api-error.ts";
import type { Collection } from "./collections.ts";
import type { Call } from "./endpoint.ts";
import type { SkillPackage } from "./skill-package.ts";
import { apiTime } from "./world-clock.ts";

/** Selects the shape of before August 2026. */
const OLD_SHAPE = "skills-2025-10-02";

export interface SkillRecord {
  id: string;
  /** Of the first version; the label when none was given. */
  name: string;
  label: string | null;
  source: "custom" | "anthropic";
  createdAt: number;
  updatedAt: number;
  versions: Collection<VersionRecord>;
}

export interface VersionRecord extends SkillPackage {
  id: string;
  /** Unix microseconds; names the version in the old shape. */
  number: number;
  createdAt: number;
}

export function isOldSkillShape({ betas }: Call): boolean {
  return betas.has(OLD_SHAPE);
}

/** A skill in the shape that the caller asked for. It has no name and no description: those are a version's. */
export function showSkill(skill: SkillRecord, call: Call): JsonObject {
  const latest = skill.versions.values().at(-1);
  const times = { created_at: apiTime(skill.createdAt), updated_at: apiTime(skill.updatedAt) };
  if (isOldSkillShape(call)) {
    return {
      id: skill.id,
      type: "skill",
      display_title: skill.label,
      latest_version: latest ? String(latest.number) : null,
      source: skill.source,
      ...times,
    };
  }
  return {
    id: skill.id,
    type: "skill",
    display_name: skill.label ?? skill.name,
    latest_version_id: latest?.id ?? null,
    source: { type: skill.source },
    ...times,
  };
}

export function showVersion(version: VersionRecord, skill: SkillRecord, call: Call): JsonObject {
  return {
    id: version.id,
    type: "skill_version",
    skill_id: skill.id,
    name: version.name,
    description: version.description,
    created_at: apiTime(version.createdAt),
    ...(isOldSkillShape(call) ? { directory: version.directory, version: String(version.number) } : {}),
  };
}

/** Unix microseconds; two versions of one instant get different ones. */
export function versionNumber({ versions }: SkillRecord, atMs: number): number {
  return atMs * 1_000 + versions.values().filter(({ createdAt }) => createdAt === atMs).length;
}

/** By id, by number or `latest`. Throws 404. */
export function versionOf(skill: SkillRecord, name: string): VersionRecord {
  const versions = skill.versions.values();
  const version =
    name === "latest"
      ? versions.at(-1)
      : (skill.versions.get(name) ?? versions.find(({ number }) => String(number) === name));
  if (!version) throw notFoundError(`Skill version \`${name}\` not found.`);
  return version;
}
