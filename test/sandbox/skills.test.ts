import { describe, expect, it } from "vitest";
import { readZip, writeZip } from "../../src/sandbox/zip.ts";
import { type Body, type Caller, idsOf, openSandbox, SKILL_MD, skillForm } from "./caller.ts";

const OLD = { "anthropic-beta": "skills-2025-10-02" };
const FILES = { "my-skill/SKILL.md": SKILL_MD, "my-skill/lib/run.py": "print(1)\n" };

async function create({ call }: Caller, fields = {}, headers = {}): Promise<Body> {
  const reply = await call("POST", "/v1/skills", skillForm(FILES, fields), headers);
  expect(reply.text).toContain('"type":"skill"');
  return reply.json;
}

/** `my-skill/` and `my-skill/SKILL.md`, deflated by Python's zipfile. */
const ZIPPED =
  "UEsDBBQAAAAAAAAAIQAAAAAAAAAAAAAAAAAJAAAAbXktc2tpbGwvUEsDBBQAAAAIAAAAIQC2VS42PwAAAMIAAAARAAAAbXktc2tpbGwvU0tJTEwubWTT1dXlykvMTbVSyK3ULc7OzMnhSkktTi7KLCjJzM+zUnDJTy1WyM9LVSjJyMxL18HK1OPSBZqSmJ6YmTcAJABQSwECFAMUAAAAAAAAACEAAAAAAAAAAAAAAAAACQAAAAAAAAAAAAAAgAEAAAAAbXktc2tpbGwvUEsBAhQDFAAAAAgAAAAhALZVLjY/AAAAwgAAABEAAAAAAAAAAAAAAIABJwAAAG15LXNraWxsL1NLSUxMLm1kUEsFBgAAAAACAAIAdgAAAJUAAAAAAA==";

describe("a skill", () => {
  it("is made of files; what SKILL.md says is its version's", async () => {
    const caller = openSandbox();
    const skill = await create(caller, { display_name: "My skill" });
    const now = "2026-11-20T08:00:00.000000Z";
    expect(skill).toEqual({
      id: expect.stringMatching(/^skill_01\w{22}$/),
      type: "skill",
      display_name: "My skill",
      latest_version_id: expect.stringMatching(/^skver_01\w{22}$/),
      source: { type: "custom" },
      created_at: now,
      updated_at: now,
    });
    expect((await caller.call("GET", `/v1/skills/${skill.id}`)).json).toEqual(skill);
    expect((await caller.call("GET", `/v1/skills/${skill.id}/versions/latest`)).json).toEqual({
      id: skill.latest_version_id,
      type: "skill_version",
      skill_id: skill.id,
      name: "my-skill",
      description: "Does one thing.",
      created_at: now,
    });
  });

  it("is called by its own name when none is given", async () => {
    expect((await create(openSandbox())).display_name).toBe("my-skill");
  });

  it("gets newer versions", async () => {
    const caller = openSandbox();
    const { id, latest_version_id: first } = await create(caller);
    caller.sandbox.advance(1_000);
    const second = (await caller.call("POST", `/v1/skills/${id}/versions`, skillForm(FILES))).json;
    const skill = (await caller.call("GET", `/v1/skills/${id}`)).json;
    expect(skill).toMatchObject({ latest_version_id: second.id, updated_at: "2026-11-20T08:00:01.000000Z" });
    const path = `/v1/skills/${id}/versions`;
    expect(idsOf((await caller.call("GET", path)).json)).toEqual([second.id, first]);
    expect((await caller.call("DELETE", `${path}/${second.id}`)).json).toEqual({
      id: second.id,
      type: "skill_version_deleted",
    });
    expect((await caller.call("GET", `${path}/latest`)).json.id).toBe(first);
    expect((await caller.call("DELETE", `${path}/${first}`)).status).toBe(400);
    expect((await caller.call("GET", `${path}/skver_none`)).status).toBe(404);
  });

  it("is deleted with its versions", async () => {
    const caller = openSandbox();
    const { id } = await create(caller);
    expect((await caller.call("DELETE", `/v1/skills/${id}`)).json).toEqual({ id, type: "skill_deleted" });
    expect((await caller.call("GET", `/v1/skills/${id}/versions/latest`)).status).toBe(404);
  });

  it("can be packed as one zip archive, and is given back as one", async () => {
    const caller = openSandbox();
    const entries = Object.entries(FILES).map(([path, text]) => ({ path, bytes: Buffer.from(text) }));
    const form = skillForm({ "my-skill.zip": writeZip(entries) });
    const { id } = (await caller.call("POST", "/v1/skills", form)).json;
    const request = new Request(`http://claude.test/v1/skills/${id}/versions/latest/content`, {
      headers: { "x-api-key": "sandbox", "anthropic-version": "2026-10-21" },
    });
    const archive = Buffer.from(await (await caller.sandbox.app.fetch(request)).arrayBuffer());
    expect(readZip(archive, 1_000_000).map(({ path }) => path)).toEqual(Object.keys(FILES));
  });

  it("can be packed by another program, compressed", async () => {
    const { call } = openSandbox();
    const { latest_version_id, id } = (
      await call("POST", "/v1/skills", skillForm({ "s.zip": Buffer.from(ZIPPED, "base64") }))
    ).json;
    const version = (await call("GET", `/v1/skills/${id}/versions/${latest_version_id}`)).json;
    expect(version.description).toBe("Does one thing, one thing, one thing.");
  });

  it("appears and goes away by hand", async () => {
    const { call, sandbox } = openSandbox();
    const { id } = sandbox.world.addSkill([{ path: "my-skill/SKILL.md", bytes: Buffer.from(SKILL_MD) }]);
    expect((await call("GET", `/v1/skills/${id}`)).status).toBe(200);
    expect(sandbox.world.deleteSkill(id)).toBe(true);
    expect((await call("GET", `/v1/skills/${id}`)).status).toBe(404);
  });
});

describe("the old shape", () => {
  it("has display_title, latest_version and a plain source", async () => {
    const caller = openSandbox();
    const skill = await create(caller, {}, OLD);
    const number = String(caller.clock.now() * 1_000);
    expect(skill).toMatchObject({ display_title: null, latest_version: number, source: "custom" });
    const version = (await caller.call("GET", `/v1/skills/${skill.id}/versions/${number}`, undefined, OLD)).json;
    expect(version).toMatchObject({ name: "my-skill", directory: "my-skill", version: number });
    const list = (await caller.call("GET", "/v1/skills?limit=1", undefined, OLD)).json;
    expect(list).toMatchObject({ has_more: true, next_page: expect.stringMatching(/^page_/) });
    expect((await caller.call("GET", "/v1/skills?limit=101", undefined, OLD)).status).toBe(400);
  });

  it("refuses to delete a skill that has versions", async () => {
    const caller = openSandbox();
    const { id } = await create(caller, {}, OLD);
    const remove = (path: string) => caller.call("DELETE", path, undefined, OLD);
    expect((await remove(`/v1/skills/${id}`)).status).toBe(400);
    expect((await remove(`/v1/skills/${id}/versions/latest`)).status).toBe(200);
    expect((await caller.call("GET", `/v1/skills/${id}`, undefined, OLD)).json.latest_version).toBeNull();
    expect((await remove(`/v1/skills/${id}`)).status).toBe(200);
  });
});

describe("the list of skills", () => {
  it("mixes custom ones with Anthropic's own, unless one source is asked for", async () => {
    const caller = openSandbox();
    const { id } = await create(caller);
    const ids = async (query: string) => idsOf((await caller.call("GET", `/v1/skills${query}`)).json);
    expect((await ids("")).sort()).toEqual(["docx", "pdf", "pptx", id, "xlsx"].sort());
    expect(await ids("?source=custom")).toEqual([id]);
    expect((await ids("?source=anthropic")).sort()).toEqual(["docx", "pdf", "pptx", "xlsx"]);
    expect((await caller.call("GET", "/v1/skills?source=plugin")).status).toBe(400);
  });

  it("holds Anthropic's own as read-only", async () => {
    const { call } = openSandbox();
    expect((await call("GET", "/v1/skills/pptx")).json.source).toEqual({ type: "anthropic" });
    expect((await call("GET", "/v1/skills/pptx/versions/latest")).json.name).toBe("pptx");
    expect((await call("DELETE", "/v1/skills/pptx")).status).toBe(403);
  });
});

describe("a package", () => {
  const { call } = openSandbox();
  const markdown = (front: string) => ({ "s/SKILL.md": `---\n${front}\n---\nbody` });
  const good = "name: s\ndescription: d";
  it.each<[string, Record<string, string>, string]>([
    ["no SKILL.md", { "s/readme.md": "x" }, "SKILL.md"],
    ["SKILL.md below the root", { "s/a/SKILL.md": SKILL_MD }, "SKILL.md"],
    ["two top directories", { "s/SKILL.md": SKILL_MD, "t/x": "y" }, "same top-level directory"],
    ["no directory", { "SKILL.md": SKILL_MD }, "within a top-level directory"],
    ["a path that climbs out", { "s/SKILL.md": SKILL_MD, "s/../x": "y" }, "within a top-level directory"],
    ["no frontmatter", { "s/SKILL.md": "# Title" }, "must start with YAML frontmatter"],
    ["no name", markdown("description: d"), "`name` is required"],
    ["no description", markdown("name: s"), "`description` is required"],
    ["an upper-case name", markdown("name: My\ndescription: d"), "lowercase"],
    ["a reserved name", markdown("name: claude-helper\ndescription: d"), "reserved"],
    ["a long name", markdown(`name: ${"x".repeat(65)}\ndescription: d`), "at most 64"],
    ["a long description", markdown(`name: s\ndescription: ${"x".repeat(1025)}`), "at most 1024"],
    ["markup in the description", markdown("name: s\ndescription: use <b>it</b>"), "XML tags"],
  ])("with %s is refused", async (_, files, message) => {
    const reply = await call("POST", "/v1/skills", skillForm(files));
    expect([reply.status, reply.error]).toEqual([400, expect.stringContaining(message)]);
  });

  it("has no more than 30 MB", async () => {
    const files = { ...markdown(good), "s/big": "x".repeat(30_000_001) };
    expect((await call("POST", "/v1/skills", skillForm(files))).status).toBe(413);
  });
});
