import { invalidRequest } from "./api-error.ts";
import { readFrontmatter } from "./frontmatter.ts";
import { readForm } from "./multipart.ts";
import { readZip, type ZipEntry } from "./zip.ts";

const CAP_BYTES = 30_000_000;
const MAX_NAME = 64;
const MAX_DESCRIPTION = 1_024;
const ZIP_SIGNATURE = 0x50_4b_03_04;

/** The files of a skill's version and what its SKILL.md says of it. */
export interface SkillPackage {
  directory: string;
  name: string;
  description: string;
  files: ZipEntry[];
}

/** An uploaded package and the form's plain fields. Throws 400 for one that breaks the rules, 413 beyond 30 MB. */
export async function readSkillForm(request: Request): Promise<{ files: ZipEntry[]; fields: Map<string, string> }> {
  const uploads: { path: string; chunks: Uint8Array[] }[] = [];
  const rules = { files: ["files[]", "files"], fileCapBytes: CAP_BYTES, bodyCapBytes: CAP_BYTES + 1_000_000 };
  const fields = await readForm(request, rules, ({ field, filename }) => {
    if (!rules.files.includes(field)) throw invalidRequest(`${field}: Extra inputs are not permitted`);
    const upload = { path: filename ?? "", chunks: [] as Uint8Array[] };
    uploads.push(upload);
    return (chunk) => void upload.chunks.push(chunk);
  });
  const files = uploads.map(({ path, chunks }) => ({ path, bytes: Buffer.concat(chunks) }));
  const [only] = files;
  const isZip = files.length === 1 && only && only.bytes.length > 4 && only.bytes.readUInt32BE(0) === ZIP_SIGNATURE;
  return { files: isZip ? readZip(only.bytes, CAP_BYTES) : files, fields };
}

/** Checks a package: one top directory with SKILL.md at its root, and the rules for `name` and `description`. Throws 400. */
export function checkSkill(files: ZipEntry[]): SkillPackage {
  if (files.length === 0) throw invalidRequest("files: at least one file is required");
  const directories = new Set(files.map(({ path }) => directoryOf(path)));
  const [directory] = directories;
  if (directories.size !== 1 || directory === undefined) {
    throw invalidRequest("All files must be in the same top-level directory.");
  }
  const manifest = files.find(({ path }) => path === `${directory}/SKILL.md`);
  if (!manifest) throw invalidRequest("SKILL.md file must be exactly in the top-level folder.");
  const members = readFrontmatter(Buffer.from(manifest.bytes).toString("utf8"));
  return {
    directory,
    name: checkName(members.get("name") ?? ""),
    description: checkDescription(members.get("description") ?? ""),
    files,
  };
}

function directoryOf(path: string): string {
  const parts = path.split("/");
  if (parts.length < 2 || parts.some((part) => part === "" || part === "." || part === "..")) {
    throw invalidRequest(`files: "${path}" must be within a top-level directory, such as my-skill/SKILL.md`);
  }
  return parts[0] ?? "";
}

function checkName(name: string): string {
  if (name === "") throw invalidRequest("SKILL.md frontmatter: `name` is required.");
  if (name.length > MAX_NAME)
    throw invalidRequest(`SKILL.md frontmatter: \`name\` has at most ${MAX_NAME} characters.`);
  if (!/^[a-z0-9-]+$/.test(name)) {
    throw invalidRequest("SKILL.md frontmatter: `name` may hold only lowercase letters, numbers and hyphens.");
  }
  if (/anthropic|claude/.test(name)) {
    throw invalidRequest("SKILL.md frontmatter: `name` may not hold the reserved words anthropic and claude.");
  }
  return name;
}

function checkDescription(description: string): string {
  if (description === "") throw invalidRequest("SKILL.md frontmatter: `description` is required.");
  if (description.length > MAX_DESCRIPTION) {
    throw invalidRequest(`SKILL.md frontmatter: \`description\` has at most ${MAX_DESCRIPTION} characters.`);
  }
  if (/<[^>]+>/.test(description)) throw invalidRequest("SKILL.md frontmatter: `description` may not hold XML tags.");
  return description;
}
