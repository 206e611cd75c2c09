import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ListEnd, ListPage } from "../../src/engine/call.ts";
import { listPages } from "../../src/engine/paginate.ts";
import type { Reply } from "../../src/model/reply.ts";
import { collect } from "../support/chunks.ts";
import { ClaudeRig, FILE_RESOURCES } from "./claude-rig.ts";
import { until } from "./rig.ts";

const claude = new ClaudeRig();
const { sandbox, rig } = claude;
const reply = claude.reply.bind(claude);
const value = claude.value.bind(claude);
const list = claude.list.bind(claude);

beforeAll(() => claude.open());
afterEach(() => sandbox.faults.clear());
afterAll(() => claude.close());

const HELLO = { model: "claude-opus-5-5", max_tokens: 64, messages: [{ role: "user", content: 'Say "hi"\n\u2028' }] };

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

  test("beyond a spend limit are refused at once: it holds until the next month", async () => {
    sandbox.faults.add({ kind: "spend_limit" });
    await expect(value("messages.create", HELLO)).rejects.toMatchObject({
      status: 429,
      upstream: { type: "rate_limit_error", attempts: 1 },
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
  ["generate", { task: "Plan meals" }],
  ["improve", { messages: [], feedback: "Shorter" }],
  ["templatize", { prompt: "of no known shape" }],
])("prompt_tools.%s is retired, which the provider says itself", async (name, input) => {
  await expect(reply(`prompt_tools.${name}`, input)).rejects.toMatchObject({
    code: "upstream_error",
    upstream: { status: 404, type: "not_found_error", request_id: expect.stringMatching(/^req_/) },
  });
});

describe("a sweep", () => {
  async function sweep(id: string): Promise<{ pages: ListPage[]; end: ListEnd }> {
    const pages: ListPage[] = [];
    const source = listPages(rig.deps, claude.callOf(id));
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
    expect(single.pages.length).toBe(whole.pages[0]?.records?.length);
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

test("every operation has been run here, but for those of files and of the organization", () => {
  expect(claude.notRun(({ handle }, { auth }) => auth === "default" && !FILE_RESOURCES.includes(handle))).toEqual([]);
});
