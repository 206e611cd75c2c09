import { afterAll, beforeAll, expect, test } from "vitest";
import { readRecord } from "../../src/engine/answer.ts";
import { execute } from "../../src/engine/execute.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { Reply } from "../../src/model/reply.ts";
import { collect } from "../support/chunks.ts";
import { ClaudeRig, FILE_RESOURCES, textFile } from "./claude-rig.ts";

const claude = new ClaudeRig();
const { sandbox, rig } = claude;
const reply = claude.reply.bind(claude);
const value = claude.value.bind(claude);
const list = claude.list.bind(claude);
const SKILL = "---\nname: greeter\ndescription: Greets people.\n---\nSay hello.";

beforeAll(() => claude.open());
afterAll(() => claude.close());

test.each([
  ["the shape of today", {}],
  ["the old shape", { anthropicBeta: "files-api-2025-04-14" }],
])("files are uploaded, listed over several pages, read and deleted, in %s", async (_, params) => {
  const ids: unknown[] = [];
  for (const name of ["a.txt", "b.txt", "c.txt"])
    ids.unshift((await value("files.upload", { file: textFile(name, name) }, params)).id);
  const first = await list("files.list", { limit: 2 }, params);
  const second = await list("files.list", { limit: 2, cursor: first.nextCursor }, params);
  expect([...first.records, ...second.records].map((record) => record.id)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
  expect(await value("files.read", { file_id: ids[0] }, params)).toMatchObject({ filename: "c.txt", size_bytes: 5 });
  await expect(reply("files.download", { file_id: ids[0] }, params)).rejects.toMatchObject({ status: 400 });
  for (const id of ids)
    expect(await value("files.delete", { file_id: id }, params)).toEqual({ id, type: "file_deleted" });
  await expect(readRecord(rig.deps, claude.callOf("files.read", { file_id: ids[0] }, params))).rejects.toMatchObject({
    upstream: { status: 404 },
  });
});

test("a beta feature may be asked for in one call: the old one selects the old shape of that answer", async () => {
  const { id } = sandbox.world.addFile({ filename: "a.txt" });
  const raw = async (betas?: string[]) => {
    const got = await execute(rig.deps, { ...claude.callOf("files.read", { file_id: id, betas }), fields: "raw" });
    return got.kind === "value" ? Object.keys(got.value as JsonObject) : [];
  };
  expect(await raw()).toContain("expires_at");
  expect(await raw(["another-2026-01-01", "files-api-2025-04-14"])).not.toContain("expires_at");
  sandbox.world.deleteFile(id);
});

test("a file that code made is downloaded as bytes", async () => {
  const { id } = sandbox.world.addFile({ filename: "report.csv", content: "a,b\n" });
  const got = (await reply("files.download", { file_id: id })) as Extract<Reply, { kind: "bytes" }>;
  expect(Buffer.concat(await collect(got.body)).toString()).toBe("a,b\n");
  sandbox.world.deleteFile(id);
});

test.each([
  ["the shape of today", {}, "display_name", null],
  ["the old shape", { anthropicBeta: "skills-2025-10-02" }, "display_title", "greeter"],
])("skills are made, listed over several pages, read and deleted, in %s", async (_, params, label, directory) => {
  const ids: unknown[] = [];
  for (const name of ["one", "two", "three"]) {
    const skill = await value("skills.create", { files: [textFile("greeter/SKILL.md", SKILL)], [label]: name }, params);
    expect(skill).toMatchObject({ display_name: name, name, source: "custom" });
    ids.push(skill.id);
  }
  const first = await list("skills.list", { limit: 2, source: "custom" }, params);
  const second = await list("skills.list", { limit: 2, source: "custom", cursor: first.nextCursor }, params);
  expect([...first.records, ...second.records].map(({ id }) => id).sort()).toEqual([...ids].sort());
  expect(second.nextCursor).toBeNull();
  for (const skill_id of ids) {
    const skill = await value("skills.read", { skill_id }, params);
    const [version] = (await list("skill_versions.list", { skill_id }, params)).records as [JsonObject];
    expect(version).toMatchObject({ name: "greeter", directory, version: directory && skill.latest_version_id });
    const both = { skill_id, version: version.version ?? version.id };
    expect(await value("skill_versions.read", both, params)).toEqual(version);
    // In the old shape a skill is deleted when its versions are; today it always has one, and they go with it.
    if (directory !== null) await value("skill_versions.delete", both, params);
    expect(await value("skills.delete", { skill_id }, params)).toEqual({ id: skill_id, type: "skill_deleted" });
  }
});

test("a skill is made of files, gets a version and goes", async () => {
  const files = [textFile("greeter/SKILL.md", SKILL), textFile("greeter/more.txt", "x")];
  const skill = await value("skills.create", { files, display_name: "Greeter" });
  expect(await value("skills.read", { skill_id: skill.id })).toMatchObject({ display_name: "Greeter" });
  expect((await list("skills.list", { source: "custom" })).records.map((record) => record.id)).toEqual([skill.id]);
  const version = await value("skill_versions.create", {
    skill_id: skill.id,
    files: [textFile("greeter/SKILL.md", SKILL)],
  });
  expect((await list("skill_versions.list", { skill_id: skill.id })).records.map((record) => record.id)).toContain(
    version.id,
  );
  const both = { skill_id: skill.id, version: version.id };
  expect(await value("skill_versions.read", both)).toMatchObject({ name: "greeter", description: "Greets people." });
  const zip = (await reply("skill_versions.download", both)) as Extract<Reply, { kind: "bytes" }>;
  expect(
    Buffer.concat(await collect(zip.body))
      .subarray(0, 2)
      .toString(),
  ).toBe("PK");
  expect(await value("skill_versions.delete", both)).toMatchObject({ type: "skill_version_deleted" });
  expect(await value("skills.delete", { skill_id: skill.id })).toEqual({ id: skill.id, type: "skill_deleted" });
});

test("every operation of files and skills has been run here", () => {
  expect(claude.notRun(({ handle }) => FILE_RESOURCES.includes(handle))).toEqual([]);
});
