import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Desk, errorOf } from "./rig.ts";

const MESSAGE = ["--model", "claude-haiku-4-5", "--max-tokens", "40", "--messages", '[{"role":"user","content":"Hi"}]'];

describe("tidewire call", () => {
  let desk: Desk;
  beforeAll(async () => {
    desk = new Desk();
    await desk.serve();
  });
  afterAll(() => desk.close());

  const result = async (...argv: string[]) => JSON.parse((await desk.run("call", ...argv)).out) as JsonObject;

  it("prints the result alone, and with --json the whole answer", async () => {
    const plain = await desk.run("call", "messages.create", ...MESSAGE);
    expect(plain).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(plain.out)).toMatchObject({ id: expect.stringMatching(/^msg_/) as string, role: "assistant" });
    expect(await desk.json("call", "messages.create", ...MESSAGE)).toMatchObject({
      result: { role: "assistant" },
      meta: { connection: "sandbox", sandbox: true, attempts: 1 },
    });
  });

  it("takes flags of every type, --input and @file, and a flag over what --input says", async () => {
    const file = desk.write(
      "message.json",
      JSON.stringify({ model: "claude-haiku-4-5", max_tokens: 7, messages: [{ role: "user", content: "Hi" }] }),
    );
    const fields = ["--input", `@${file}`, "--temperature=0.5", "--stop-sequences", "one", "--stop-sequences", "two"];
    const short = await result("messages.create", ...fields);
    expect(short).toMatchObject({ stop_reason: "max_tokens", usage_output_tokens: 7 });
    const long = await result("messages.create", ...fields, "--max-tokens", "200");
    expect(long).toMatchObject({ stop_reason: "end_turn" });
  });

  it("finds an operation by its alias, and by its connector's name", async () => {
    expect(await result("claude-api.models.list", "--limit", "1")).toHaveLength(1);
    expect(await result("claude-api.list_message_batches")).toEqual([]);
  });

  it("gives the provider's own record with --fields raw", async () => {
    expect(await result("messages.create", ...MESSAGE, "--fields", "raw")).toMatchObject({ type: "message" });
  });

  it("uploads a file with its name and the type that the name tells, whatever is in it", async () => {
    const bytes = new Uint8Array(300_000).map((_, n) => n % 251);
    const file = desk.write("report.pdf", bytes);
    const uploaded = await result("files.upload", "--file", `@${file}`);
    expect(uploaded).toMatchObject({ filename: "report.pdf", mime_type: "application/pdf", size_bytes: 300_000 });
  });

  it("uploads several files, the names of their folders kept", async () => {
    const here = process.cwd();
    const manual = desk.write("my-skill/SKILL.md", "---\nname: my-skill\ndescription: Adds things up.\n---\n# Sums\n");
    const other = desk.write("my-skill/sums/data.csv", "1,2\n");
    process.chdir(desk.folder);
    try {
      const files = [manual, other].flatMap((path) => ["--files", `@${relative(desk.folder, path)}`]);
      const skill = await result("skills.create", "--display-name", "My sums", ...files);
      expect(skill).toMatchObject({ display_name: "My sums", id: expect.stringMatching(/^skill_/) as string });
    } finally {
      process.chdir(here);
    }
  });

  it("writes a stream as it comes", async () => {
    const { code, out } = await desk.run("call", "messages.create", ...MESSAGE, "--stream");
    expect(code).toBe(0);
    const names = [...out.matchAll(/^event: (.+)$/gm)].map((match) => match[1]);
    expect(names.at(0)).toBe("message_start");
    expect(names.at(-1)).toBe("message_stop");
  });

  it("writes to a file what it would have printed", async () => {
    const file = join(desk.folder, "models.json");
    const written = await desk.run("call", "models.list", "--limit", "2", "--output", file);
    expect(written).toMatchObject({ code: 0, out: "", err: `written to ${file}\n` });
    expect(JSON.parse(readFileSync(file, "utf8"))).toHaveLength(2);
    expect(await desk.json("call", "models.list", "--output", file)).toEqual({ output: file });
  });

  it.each([
    ["a folder that is not there", "missing/models.json", "cannot be written"],
    ["a folder", "", "is a folder"],
  ])("does not call when --output is %s", async (_, name, words) => {
    const { code, err } = await desk.run("call", "models.list", "--output", join(desk.folder, name));
    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  describe("what cannot be undone", () => {
    const upload = async () => {
      const file = desk.write("gone.txt", "gone");
      return String((await result("files.upload", "--file", file)).id);
    };
    const exists = async (id: string) => (await desk.run("call", "files.read", "--file-id", id)).code === 0;

    it("is not done when nobody is there to ask, and is with --yes or --force", async () => {
      const id = await upload();
      const refused = await desk.run("call", "files.delete", "--file-id", id);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain("--yes");
      expect(await exists(id)).toBe(true);
      expect((await desk.run("call", "files.delete", "--file-id", id, "--yes")).code).toBe(0);
      expect(await exists(id)).toBe(false);
      expect((await desk.run("call", "files.delete", "--file-id", await upload(), "--force")).code).toBe(0);
    });

    it("is done when the person says yes, and not when they say no", async () => {
      const id = await upload();
      const no = await desk.runAs({ says: false }, "call", "files.delete", "--file-id", id);
      expect(no).toMatchObject({ code: 2, questions: ["files.delete cannot be undone. Go on?"] });
      expect(await exists(id)).toBe(true);
      expect((await desk.runAs({ says: true }, "call", "files.delete", "--file-id", id)).code).toBe(0);
      expect(await exists(id)).toBe(false);
    });
  });

  describe("says what is wrong, by exit code too", () => {
    it.each([
      ["an unknown operation, with what was meant", ["mesages.create"], 4, 'Did you mean "messages.create"?'],
      ["an operation far from any", ["weather"], 4, "`tidewire list` shows all."],
      ["flags before the operation", ["--limit", "2", "models.list"], 2, "Name the operation first"],
      ["what is no flag", ["models.list", "extra"], 2, '"extra" is not a flag'],
      ["a value of another type", ["messages.create", "--max-tokens", "x"], 2, "--max-tokens takes an integer"],
      ["a flag without its value", ["messages.create", "--model"], 2, "--model needs a value"],
      ["an unknown flag, with what was meant", ["files.read", "--fileid", "a"], 2, 'Did you mean "file_id"?'],
      ["every input that is missing", ["messages.create"], 2, "max_tokens  is required"],
      ["a file that is not there", ["files.upload", "--file", "@none.pdf"], 2, "none.pdf cannot be read"],
      ["a folder for a file", ["files.upload", "--file", "."], 2, "is not a file"],
      ["an input that is no JSON", ["messages.create", "--input", "{"], 2, "--input is not JSON"],
      ["an input that is no object", ["messages.create", "--input", "[1]"], 2, "takes a JSON object"],
      ["an input file that is not there", ["messages.create", "--input", "@none.json"], 2, "none.json cannot be read"],
      ["an unknown connection", ["models.list", "--connection", "nope"], 4, 'There is no connection "nope" here.'],
      ["what the provider said", ["files.read", "--file-id", "file_none"], 5, "404 not_found_error"],
    ])("%s", async (_, argv, code, words) => {
      const ran = await desk.run("call", ...argv);
      expect(ran).toMatchObject({ code, out: "" });
      expect(ran.err).toContain(words);
      const asJson = await desk.run("call", ...argv, "--json");
      expect(asJson).toMatchObject({ code, out: "" });
      expect(errorOf(asJson).message).not.toBe("");
    });

    it("and what the provider calls the request", async () => {
      expect((await desk.run("call", "files.read", "--file-id", "file_none")).err).toMatch(/request id: req_/);
      const error = errorOf(await desk.run("call", "files.read", "--file-id", "file_none", "--json"));
      expect(error).toMatchObject({ code: "upstream_error", upstream: { status: 404, type: "not_found_error" } });
    });
  });
});

describe("tidewire call, while no server runs", () => {
  it("opens the database itself, with what was kept in it", async () => {
    const desk = new Desk();
    const file = desk.write("note.txt", "note");
    const uploaded = await desk.run("call", "files.upload", "--file", file);
    expect(uploaded.code).toBe(0);
    expect(JSON.parse(uploaded.out)).toMatchObject({ filename: "note.txt", mime_type: "text/plain" });
    expect((await desk.run("call", "messages.create", ...MESSAGE, "--stream")).out).toContain("message_stop");
    expect((await desk.run("call", "files.read", "--file-id", "file_none")).code).toBe(5);
    await desk.close();
  });
});
