import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readRecord } from "../../src/engine/answer.ts";
import type { ListEnd, ListPage, OperationCall } from "../../src/engine/call.ts";
import { execute } from "../../src/engine/execute.ts";
import { listPages } from "../../src/engine/paginate.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { operationsOf } from "../../src/manifest/triggers.ts";
import type { BinaryInput } from "../../src/model/binary.ts";
import type { Reply } from "../../src/model/reply.ts";
import { createSandbox, type Sandbox, type SandboxListener } from "../../src/sandbox/sandbox.ts";
import { collect } from "../support/chunks.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { openRig, type Rig, sandboxCallOf, until } from "./rig.ts";

const { connector } = loadConnector(join(import.meta.dirname, "../../connector.json"));
const covered = new Set<string>();
let sandbox: Sandbox;
let listener: SandboxListener;
let rig: Rig;

beforeAll(async () => {
  sandbox = createSandbox({ clock: new ManualClock(), random: () => 0.5 });
  listener = await sandbox.listen(0);
  rig = openRig();
});
afterEach(() => sandbox.faults.clear());
afterAll(async () => {
  await rig.close();
  await listener.close();
});

function callOf(id: string, input: Record<string, unknown> = {}, params: Record<string, string> = {}): OperationCall {
  covered.add(id);
  return sandboxCallOf(connector, id, listener.url, input, params);
}

const reply = (id: string, input = {}, params = {}): Promise<Reply> => execute(rig.deps, callOf(id, input, params));

async function value(id: string, input = {}, params = {}): Promise<JsonObject> {
  const got = await reply(id, input, params);
  if (got.kind !== "value") throw new Error(`${id} gave ${got.kind}`);
  return got.value as JsonObject;
}

async function list(id: string, input = {}, params = {}) {
  const got = await reply(id, input, params);
  if (got.kind !== "list") throw new Error(`${id} gave ${got.kind}`);
  return { records: got.value as JsonObject[], nextCursor: got.nextCursor };
}

const file = (filename: string, content: string): BinaryInput => ({
  filename,
  contentType: "text/plain",
  size: Buffer.byteLength(content),
  async *open() {
    yield Buffer.from(content);
  },
});

const HELLO = { model: "claude-opus-5-5", max_tokens: 64, messages: [{ role: "user", content: 'Say "hi"\n\u2028' }] };
const SKILL = "---\nname: greeter\ndescription: Greets people.\n---\nSay hello.";

describe("messages", () => {
  test("are sent, counted and streamed", async () => {
    const message = await value("messages.create", HELLO);
    expect(message).toMatchObject({
      id: expect.stringMatching(/^msg_/),
      role: "assistant",
      content: expect.stringMatching(/./),
    });
    expect(await value("messages.count_tokens", { model: HELLO.model, messages: HELLO.messages })).toEqual({
      input_tokens: expect.any(Number),
    });
    const stream = (await reply("messages.create", { ...HELLO, stream: true })) as Extract<Reply, { kind: "stream" }>;
    const events = (await collect(stream.events)).map(({ event }) => event);
    expect([events[0], events.at(-1)]).toEqual(["message_start", "message_stop"]);
    expect(stream.meta).toMatchObject({ sandbox: true, upstream: { request_id: expect.stringMatching(/^req_/) } });
  });

  test("an error in the midst of a stream is passed on as it is", async () => {
    sandbox.faults.add({ kind: "stream_error", afterEvents: 3 });
    const stream = (await reply("messages.create", { ...HELLO, stream: true })) as Extract<Reply, { kind: "stream" }>;
    const events = await collect(stream.events);
    expect(events).toHaveLength(4);
    expect(events.at(-1)).toMatchObject({ event: "error", data: expect.stringContaining('"type":"error"') });
  });

  test("are told by one version what the other takes", async () => {
    const sampled = { ...HELLO, model: "claude-opus-4-6", temperature: 0.2 };
    expect(await value("messages.create", sampled)).toMatchObject({ role: "assistant" });
    await expect(value("messages.create", sampled, { anthropicVersion: "2026-10-21" })).rejects.toMatchObject({
      upstream: { status: 400, type: "invalid_request_error" },
    });
    expect(await value("messages.create", HELLO, { anthropicVersion: "2026-10-21" })).toMatchObject({
      content: expect.stringMatching(/./),
    });
  });

  test("cannot be listed, and nothing is asked", async () => {
    await expect(reply("messages.list")).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("The API keeps no messages"),
    });
  });

  test("a mistake comes back in the provider's own words", async () => {
    await expect(value("messages.create", { ...HELLO, model: "claude-nobody" })).rejects.toMatchObject({
      code: "upstream_error",
      status: 404,
      upstream: { status: 404, type: "not_found_error", request_id: expect.stringMatching(/^req_/) },
    });
  });
});

test("a batch lives from its creation to its results and its deletion", async () => {
  const request = { custom_id: "r1", params: HELLO };
  const { id } = await value("message_batches.create", { requests: [request] });
  expect(await value("message_batches.read", { batch_id: id })).toMatchObject({ processing_status: "in_progress" });
  sandbox.advance(60_000);
  expect(await value("message_batches.read", { batch_id: id })).toMatchObject({ processing_status: "ended" });
  const rows = (await reply("message_batches.results", { batch_id: id })) as Extract<Reply, { kind: "rows" }>;
  expect(await collect(rows.rows)).toMatchObject([{ custom_id: "r1", result: { type: "succeeded" } }]);
  const second = await value("message_batches.create", { requests: [request] });
  expect(await value("message_batches.cancel", { batch_id: second.id })).toMatchObject({
    processing_status: "canceling",
  });
  expect((await list("message_batches.list")).records.map((batch) => batch.id)).toEqual([second.id, id]);
  expect(await value("message_batches.delete", { batch_id: id })).toEqual({ id, type: "message_batch_deleted" });
});

test("models are listed page by page and read", async () => {
  const seen: unknown[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await list("models.list", { limit: 3, ...(cursor ? { cursor } : {}) });
    expect(page.records.length).toBeLessThanOrEqual(3);
    seen.push(...page.records.map((model) => model.id));
    cursor = page.nextCursor;
  } while (cursor);
  expect(seen).toEqual((await list("models.list", { limit: 1000 })).records.map((model) => model.id));
  expect(await value("models.read", { model_id: "claude-opus-5-5" })).toMatchObject({ id: "claude-opus-5-5" });
});

test.each([
  ["the shape of today", {}],
  ["the old shape", { anthropicBeta: "files-api-2025-04-14" }],
])("files are uploaded, listed over several pages, read and deleted, in %s", async (_, params) => {
  const ids: unknown[] = [];
  for (const name of ["a.txt", "b.txt", "c.txt"])
    ids.unshift((await value("files.upload", { file: file(name, name) }, params)).id);
  const first = await list("files.list", { limit: 2 }, params);
  const second = await list("files.list", { limit: 2, cursor: first.nextCursor }, params);
  expect([...first.records, ...second.records].map((record) => record.id)).toEqual(ids);
  expect(second.nextCursor).toBeNull();
  expect(await value("files.read", { file_id: ids[0] }, params)).toMatchObject({ filename: "c.txt", size_bytes: 5 });
  await expect(reply("files.download", { file_id: ids[0] }, params)).rejects.toMatchObject({ status: 400 });
  for (const id of ids)
    expect(await value("files.delete", { file_id: id }, params)).toEqual({ id, type: "file_deleted" });
  await expect(readRecord(rig.deps, callOf("files.read", { file_id: ids[0] }, params))).rejects.toMatchObject({
    upstream: { status: 404 },
  });
});

test("a beta feature may be asked for in one call: the old one selects the old shape of that answer", async () => {
  const { id } = sandbox.world.addFile({ filename: "a.txt" });
  const raw = async (betas?: string[]) => {
    const got = await execute(rig.deps, { ...callOf("files.read", { file_id: id, betas }), fields: "raw" });
    return got.kind === "value" ? Object.keys(got.value as JsonObject) : [];
  };
  expect(await raw()).toContain("expires_at");
  expect(await raw(["another-2026-01-01", "files-api-2025-04-14"])).not.toContain("expires_at");
  sandbox.world.deleteFile(id);
});

test.each([
  ["generate", { task: "Plan meals" }],
  ["improve", { messages: [], feedback: "Shorter" }],
  ["templatize", { prompt: "of no known shape" }],
])("prompt_tools.%s is retired, which the provider says itself", async (name, input) => {
  await expect(reply(`prompt_tools.${name}`, input)).rejects.toMatchObject({
    code: "upstream_error",
    upstream: { status: 404, type: "not_found_error", request_id: expect.stringMatching(/^req_/) },
  });
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
    const skill = await value("skills.create", { files: [file("greeter/SKILL.md", SKILL)], [label]: name }, params);
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
  const files = [file("greeter/SKILL.md", SKILL), file("greeter/more.txt", "x")];
  const skill = await value("skills.create", { files, display_name: "Greeter" });
  expect(await value("skills.read", { skill_id: skill.id })).toMatchObject({ display_name: "Greeter" });
  expect((await list("skills.list", { source: "custom" })).records.map((record) => record.id)).toEqual([skill.id]);
  const version = await value("skill_versions.create", {
    skill_id: skill.id,
    files: [file("greeter/SKILL.md", SKILL)],
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

describe("a sweep", () => {
  async function sweep(id: string): Promise<{ pages: ListPage[]; end: ListEnd }> {
    const pages: ListPage[] = [];
    const source = listPages(rig.deps, callOf(id));
    for (let step = await source.next(); ; step = await source.next()) {
      if (step.done) return { pages, end: step.value };
      pages.push(step.value);
    }
  }

  test("sees the same whatever the size of a page, and over an empty page with a token", async () => {
    const whole = await sweep("models.list");
    sandbox.faults.add({ kind: "page_size", size: 1, times: 0 });
    const single = await sweep("models.list");
    expect(single.pages.flatMap((page) => page.records)).toEqual(whole.pages.flatMap((page) => page.records));
    expect(single.end.complete).toBe(true);
    expect(single.pages.length).toBe(whole.pages[0]!.records.length);
  });

  test("of a provider that repeats a token is incomplete", async () => {
    sandbox.world.addFile({ filename: "a" });
    sandbox.world.addFile({ filename: "b" });
    sandbox.faults.add({ kind: "page_size", size: 1, times: 0 });
    sandbox.faults.add({ kind: "repeat_token", times: 0 });
    expect((await sweep("files.list")).end).toMatchObject({ complete: false, reason: "repeated_token" });
  });

  test("tries again where the official SDK would, and throws where it would", async () => {
    sandbox.faults.add({ kind: "overloaded", times: 1 });
    const sweeping = sweep("models.list");
    await until(() => rig.clock.pending === 2);
    await rig.clock.advance(500);
    expect((await sweeping).end.complete).toBe(true);
    sandbox.faults.add({ kind: "status", status: 401, type: "authentication_error" });
    await expect(sweep("models.list")).rejects.toMatchObject({ code: "upstream_unauthorized" });
  });
});

test("every operation that ships has been run here", () => {
  const shipped = operationsOf(connector).map(({ operation }) => operation);
  const here = shipped.filter(({ auth }) => auth === "default").map(({ id }) => id);
  expect(here.filter((id) => !covered.has(id))).toEqual([]);
});
