import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { FaultRule } from "../../src/sandbox/fault-rules.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { Harness } from "../support/harness.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { json, Upstream } from "../support/upstream.ts";

/** POLLING.md's adversarial cases on the shipped manifest, against the sandbox's knobs. */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MESSAGE = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user", content: "Hello" }] };

let tidewire: Harness;
/** The number of the last event that was read. */
let read: number;
beforeEach(async () => {
  const clock = new ManualClock();
  tidewire = await Harness.start({ clock, sandbox: createSandbox({ clock, pageSize: 2 }) });
  await tidewire.connect();
  read = 0;
});
afterEach(() => tidewire.end());

/** A sweep, with the time that its retries take. */
async function sweep(resource: string): Promise<JsonObject> {
  let done = false;
  const sweeping = tidewire.sweep(resource).finally(() => (done = true));
  while (!done) {
    await new Promise((resolve) => setImmediate(resolve));
    await tidewire.clock.advance(500);
  }
  return sweeping;
}

/** What was told since it was last asked, oldest first. */
async function told(): Promise<JsonObject[]> {
  const { body } = await tidewire.api("GET", "/v1/events?limit=200");
  const events = (body.result as JsonObject[]).toReversed().slice(read);
  read += events.length;
  return events;
}

const types = async () => (await told()).map(({ type }) => type);
const upload = (filename: string, more: object = {}) => tidewire.sandbox.world.addFile({ filename, ...more });

describe("page 2 of the list of files", () => {
  const faults: Record<string, FaultRule> = {
    "500": { kind: "server_error" },
    "429 with retry-after": { kind: "rate_limited", retryAfter: 1 },
    "429 without": { kind: "rate_limited" },
    "401": { kind: "status", status: 401 },
    "404": { kind: "not_found" },
    HTML: { kind: "html" },
    "a repeated token": { kind: "repeat_token" },
    "a broken connection": { kind: "reset" },
  };
  test.each(Object.entries(faults))("gives %s: what is new is told, nothing is gone", async (_, fault) => {
    const files = ["a", "b", "c", "d", "e"].map((name) => upload(name));
    await sweep("files");
    await tidewire.run("files.delete", { file_id: files[0]?.id });
    upload("f");
    tidewire.sandbox.faults.add({ ...fault, path: "/v1/files", page: "later", times: 0 });
    for (let n = 0; n < 3; n++) expect(await sweep("files")).toMatchObject({ complete: false, removed: 0 });
    expect((await types()).filter((type) => String(type).startsWith("files."))).toEqual(["files.created"]);
    tidewire.sandbox.faults.clear();
    await sweep("files");
    await sweep("files");
    expect((await types()).filter((type) => String(type).startsWith("files."))).toEqual(["files.deleted"]);
  });

  test("comes after one that is empty with a next token: the listing goes on", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) upload(name);
    await sweep("files");
    tidewire.sandbox.faults.add({ kind: "empty_page", path: "/v1/files", page: "first" });
    expect(await sweep("files")).toMatchObject({ complete: true, items: 5, removed: 0 });
    expect(await sweep("files")).toMatchObject({ complete: true, items: 5, events: 0 });
  });

  test("is the first of another size: what was remembered of pages does not hold", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) upload(name);
    await sweep("files");
    tidewire.sandbox.faults.add({ kind: "page_size", size: 1, path: "/v1/files", times: 0 });
    expect(await sweep("files")).toMatchObject({ complete: true, items: 5, events: 0 });
    tidewire.sandbox.faults.clear();
    upload("f");
    expect(await sweep("files")).toMatchObject({ complete: true, items: 6, added: 1, removed: 0 });
  });
});

test("the whole list is empty with 200: twelve removals are held, and clear themselves", async () => {
  for (let n = 0; n < 12; n++) upload(`f${n}`);
  await sweep("files");
  tidewire.sandbox.faults.add({ kind: "empty_list", path: "/v1/files", times: 0 });
  for (let n = 0; n < 3; n++) expect(await sweep("files")).toMatchObject({ complete: true, held: 12, removed: 0 });
  expect(await types()).toEqual(["tidewire.poller.held"]);
  tidewire.sandbox.faults.clear();
  expect(await sweep("files")).toMatchObject({ held: 0, added: 0, events: 0 });
});

test("a file that expired and left the list is told as expired, one that was deleted before its time as deleted", async () => {
  const expiring = upload("short.csv", { expiresInSeconds: 3_600 });
  const deleted = upload("long.csv", { expiresInSeconds: 90 * 24 * 3_600 });
  await sweep("files");
  await tidewire.run("files.delete", { file_id: deleted.id });
  // An expired file stays in the list for 30 days of the provider's.
  tidewire.sandbox.advance(31 * DAY);
  await tidewire.clock.advance(2 * HOUR);
  await sweep("files");
  await sweep("files");
  const reasons = (await told()).map(({ type, data }) => [type, (data as JsonObject).id, (data as JsonObject).reason]);
  expect(reasons.sort()).toEqual(
    [
      ["files.deleted", expiring.id, "expired"],
      ["files.deleted", deleted.id, "deleted"],
    ].sort(),
  );
});

test("a batch of which some requests ended and some expired, between two polls, is told as ended and as expired", async () => {
  await sweep("message_batches");
  tidewire.sandbox.faults.holdBatches = true;
  const batch = await tidewire.run("message_batches.create", { requests: [{ custom_id: "a", params: MESSAGE }] });
  await tidewire.clock.advance(25 * HOUR);
  await sweep("message_batches");
  await sweep("message_batches");
  const events = await told();
  expect(events.map(({ type }) => type).sort()).toEqual(["message_batches.ended", "message_batches.expired"]);
  for (const { data } of events) expect(data).toMatchObject({ id: batch.id });
});

test("a model that is retired can still be read, so it is not gone; of one that is gone nothing is told, and as little of its return", async () => {
  await sweep("models");
  const { world } = tidewire.sandbox;
  world.addModel({ id: "claude-next" });
  await sweep("models");
  expect(await types()).toEqual(["models.created"]);
  for (const take of [() => world.retireModel("claude-next"), () => world.removeModel("claude-next")]) {
    take();
    for (let n = 0; n < 3; n++) expect(await sweep("models")).toMatchObject({ complete: true, events: 0 });
    world.addModel({ id: "claude-next" });
    expect(await sweep("models")).toMatchObject({ complete: true, events: 0 });
  }
  expect(await types()).toEqual([]);
});

describe("a provider of its own", () => {
  let upstream: Upstream;
  beforeEach(async () => {
    upstream = await Upstream.start();
    await tidewire.api("POST", "/v1/connections?probe=false", {
      connector: "claude-api",
      name: "scripted",
      credentials: { apiKey: "sk-ant-test" },
      params: { baseUrl: `${upstream.url}/v1` },
    });
  });
  afterEach(() => upstream.stop());

  const file = (n: number) => ({
    id: `file_${n}`,
    type: "file",
    filename: `f${n}`,
    created_at: "2026-11-20T08:00:00Z",
  });
  const look = () => tidewire.sweep("files", "scripted");

  test("drops the beta header, and the shape of its paging flips in the middle of a listing: nothing is gone", async () => {
    const byToken = [
      json({ data: [file(1), file(2)], next_page: "page_2" }),
      json({ data: [file(3)], next_page: null }),
    ];
    const byId = [
      json({ data: [file(1), file(2)], has_more: true, first_id: "file_1", last_id: "file_2" }),
      json({ data: [file(3)], has_more: false, first_id: "file_3", last_id: "file_3" }),
    ];
    upstream.script(...byToken);
    expect(await look()).toMatchObject({ complete: true, items: 3 });
    upstream.script(...[byToken[0], byId[1]].filter((answer) => answer !== undefined));
    expect(await look()).toMatchObject({
      complete: false,
      error: expect.stringContaining("style_changed"),
      removed: 0,
    });
    for (let n = 0; n < 2; n++) {
      upstream.script(...byId);
      expect(await look()).toMatchObject({ complete: true, items: 3, added: 0, changed: 0, removed: 0 });
    }
    expect(upstream.last.url).toContain("after_id=file_2");
    expect(await types()).toEqual([]);
  });

  test("gives a page of 32 MB: it is not read, and nothing is gone; one of 20 MB is", async () => {
    upstream.script(json({ data: [file(1), file(2)], next_page: null }));
    await look();
    const large = (megabytes: number) =>
      json({ data: [file(1), { ...file(3), note: "x".repeat(megabytes * 1024 * 1024) }], next_page: null });
    upstream.script(large(33));
    expect(await look()).toMatchObject({ complete: false, error: expect.stringContaining("too large"), events: 0 });
    upstream.script(large(20));
    expect(await look()).toMatchObject({ complete: true, items: 2, added: 1 });
    expect(await types()).toEqual(["files.created"]);
  });
});
