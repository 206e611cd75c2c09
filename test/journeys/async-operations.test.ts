import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { type Answer, Harness, type HarnessOptions } from "../support/harness.ts";
import { Receiver } from "../support/receiver.ts";

const MESSAGE = { model: "claude-haiku-4-5", max_tokens: 20, messages: [{ role: "user", content: "a secret wish" }] };
const BATCH = { requests: [{ custom_id: "a", params: MESSAGE }] };
const MINUTE = 60_000;

interface Asked {
  key?: string;
  headers?: Record<string, string>;
  method?: string;
}

/** Operations whose callers do not wait, on the real product over real sockets (CONTRACT: `Prefer: respond-async`). */
describe("asynchronous operations", () => {
  let tidewire: Harness;
  const started: Harness[] = [];
  const start = async (options: HarnessOptions = {}) => {
    tidewire = await Harness.start(options);
    started.push(tidewire);
  };
  beforeEach(async () => {
    await start();
    await tidewire.connect();
  });
  afterEach(async () => {
    for (const harness of started.splice(0)) await harness.end().catch(() => undefined);
  });

  const ask = (operation: string, input: unknown, { headers, method = "POST", ...more }: Asked = {}) =>
    tidewire.api(method, `/v1/connectors/claude-api/operations/${operation}`, input, {
      headers: { prefer: "respond-async", ...headers },
      ...more,
    });
  const resultOf = (answer: Answer) => answer.body.result as JsonObject;
  const accepted = async (...asked: Parameters<typeof ask>) => {
    const answer = await ask(...asked);
    expect(answer.status).toBe(202);
    return String(resultOf(answer).id);
  };
  const job = async (id: string, query = "") => resultOf(await tidewire.api("GET", `/v1/jobs/${id}${query}`));
  /** The job once it looks so; what has to happen for it happens by itself. */
  const until = async (id: string, looks: (job: JsonObject) => boolean) => {
    for (let tries = 0; tries < 500; tries++) {
      const seen = await job(id);
      if (looks(seen)) return seen;
    }
    throw new Error(`it is ${JSON.stringify(await job(id))}`);
  };
  const untilAnswered = (id: string) => until(id, ({ result }) => result !== undefined);
  const newKey = async (scopes: string[], more: JsonObject = {}) =>
    resultOf(await tidewire.api("POST", "/v1/keys", { name: "other", scopes, ...more })) as { id: string; key: string };
  const jobs = async (query = "", key?: string) =>
    (await tidewire.api("GET", `/v1/jobs${query}`, undefined, key === undefined ? {} : { key })).body
      .result as JsonObject[];

  describe("of one call", () => {
    it("are answered 202 at once with where to look, and end with the answer of the call", async () => {
      const answer = await ask("messages.create", MESSAGE);
      const { id } = resultOf(answer);
      expect(answer.status).toBe(202);
      expect(answer.headers.get("location")).toBe(`${tidewire.url}/v1/jobs/${String(id)}`);
      expect(answer.headers.get("preference-applied")).toBe("respond-async");
      expect(resultOf(answer)).toMatchObject({
        state: "pending",
        connector: "claude-api",
        operation: "messages.create",
        connection: "work",
        finished_at: null,
      });
      const done = await job(String(id), "?wait=30s");
      expect(done).toMatchObject({
        state: "succeeded",
        progress: null,
        result: { role: "assistant", stop_reason: "max_tokens" },
        meta: { connection: "work", attempts: 1, upstream: { status: 200 } },
        finished_at: "2026-11-20T08:00:00.000Z",
      });
      expect(done).not.toHaveProperty("error");
      expect(done).not.toHaveProperty("results");
      expect(await tidewire.api("GET", `/v1/jobs/${String(id)}/results`)).toMatchObject({ status: 404 });
    });

    it("may be lists and queries, and `fields=raw`, as without waiting", async () => {
      const listed = await job(await accepted("models.list?limit=2", undefined, { method: "GET" }), "?wait=30s");
      const directly = await tidewire.api("GET", "/v1/connectors/claude-api/operations/models.list?limit=2");
      expect(listed).toMatchObject({ result: directly.body.result, next_cursor: directly.body.next_cursor });
      const raw = await job(await accepted("messages.create?fields=raw", MESSAGE), "?wait=30s");
      expect(raw.result).toMatchObject({ type: "message", usage: {} });
    });

    it("tell why they failed as the call would have", async () => {
      tidewire.sandbox.faults.add({ kind: "not_found", path: "/v1/files/*" });
      const failed = await job(await accepted("files.read", { file_id: "file_1" }), "?wait=30s");
      expect(failed).toMatchObject({
        state: "failed",
        error: { code: "upstream_error", status: 404, upstream: { status: 404, type: "not_found_error" } },
      });
      expect(failed).not.toHaveProperty("result");
    });

    it("make the events of the operation", async () => {
      const receiver = await Receiver.start();
      await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["messages.*"] });
      const { result } = await job(await accepted("messages.create", MESSAGE), "?wait=30s");
      await receiver.arrived(1);
      expect(receiver.received().map(({ body }) => body.data)).toMatchObject([{ id: (result as JsonObject).id }]);
      await receiver.stop();
    });

    it("take a small file as base64", async () => {
      const file = { filename: "a.csv", content_type: "text/csv", data: Buffer.from("a,b").toString("base64") };
      const done = await job(await accepted("files.upload", { file }), "?wait=30s");
      expect(done).toMatchObject({ state: "succeeded", result: { filename: "a.csv", size_bytes: 3 } });
    });

    it("leave nothing readable on the disk", async () => {
      const { result } = await job(await accepted("messages.create", MESSAGE), "?wait=30s");
      const files = ["tidewire.db", "tidewire.db-wal"].map((name) =>
        readFileSync(join(tidewire.folder, name), "latin1"),
      );
      expect(files.join("")).toContain("messages.create");
      for (const text of ["a secret wish", "speaking for", String((result as JsonObject).id)]) {
        expect(files.join("")).not.toContain(text);
      }
    });
  });

  describe("and idempotency", () => {
    it("the same key and body give the same job, and the call is made once", async () => {
      const headers = { "idempotency-key": "k1" };
      const [first, second] = [
        await ask("messages.create", MESSAGE, { headers }),
        await ask("messages.create", MESSAGE, { headers }),
      ];
      expect(second).toMatchObject({ status: 202, text: first.text });
      expect(second.headers.get("location")).toBe(first.headers.get("location"));
      expect(await ask("messages.create", { ...MESSAGE, max_tokens: 9 }, { headers })).toMatchObject({ status: 409 });
      expect(await jobs()).toHaveLength(1);
    });
  });

  describe("of a batch", () => {
    it("are awaited to the end without the caller looking, and then have results", async () => {
      const id = await accepted("message_batches.create", BATCH);
      const running = await untilAnswered(id);
      expect(running).toMatchObject({
        state: "running",
        progress: { processing: 1, succeeded: 0 },
        result: { processing_status: "in_progress" },
      });
      const early = await tidewire.api("GET", `/v1/jobs/${id}/results`);
      expect(early).toMatchObject({ status: 409, body: { code: "conflict" } });
      const ended = job(id, "?wait=60s");
      await tidewire.clock.advance(10_000);
      expect(await ended).toMatchObject({
        state: "succeeded",
        progress: { processing: 0, succeeded: 1 },
        result: { id: (running.result as JsonObject).id, processing_status: "ended" },
        results: `/v1/jobs/${id}/results`,
        finished_at: "2026-11-20T08:00:10.000Z",
      });
      const results = await tidewire.api("GET", `/v1/jobs/${id}/results`);
      expect(results.headers.get("content-type")).toMatch(/ndjson/);
      expect(JSON.parse(results.text)).toMatchObject({ custom_id: "a", result: { type: "succeeded" } });
    });

    it("go on after a restart, and nothing is made twice", async () => {
      const id = await accepted("message_batches.create", BATCH);
      const before = await untilAnswered(id);
      const { folder, sandbox, clock } = tidewire;
      await tidewire.stop();
      await start({ folder, sandbox, clock });
      const [connection] = (await tidewire.api("GET", "/v1/connections")).body.result as JsonObject[];
      await tidewire.api("PATCH", `/v1/connections/${String(connection?.id)}`, {
        credentials: { apiKey: "sk-ant-test" },
        params: { baseUrl: `${tidewire.upstreamUrl}/v1` },
      });
      expect(await job(id)).toEqual(before);
      await clock.advance(10_000);
      expect(await until(id, ({ state }) => state !== "running")).toMatchObject({
        state: "succeeded",
        result: { id: (before.result as JsonObject).id, processing_status: "ended" },
      });
      expect(await tidewire.run("message_batches.list")).toHaveLength(1);
    });

    it("are cancelled at the provider", async () => {
      tidewire.sandbox.faults.holdBatches = true;
      const id = await accepted("message_batches.create", BATCH);
      await untilAnswered(id);
      const cancelled = await tidewire.api("POST", `/v1/jobs/${id}/cancel`);
      expect(cancelled).toMatchObject({ status: 200, body: { result: { state: "running", cancel_requested: true } } });
      await until(id, ({ result }) => (result as JsonObject).processing_status === "canceling");
      await tidewire.clock.advance(MINUTE);
      expect(await until(id, ({ state }) => state !== "running")).toMatchObject({
        state: "cancelled",
        progress: { canceled: 1 },
      });
      expect(JSON.parse((await tidewire.api("GET", `/v1/jobs/${id}/results`)).text)).toMatchObject({
        result: { type: "canceled" },
      });
    });
  });

  describe("that wait for their turn or are under way", () => {
    /** Calls that the provider answers after a minute: as many as one connection has at once. */
    const fill = async (key?: string) => {
      tidewire.sandbox.faults.add({ kind: "delay", ms: MINUTE, path: "/v1/messages", times: 0 });
      const all = Array.from({ length: 8 }, () =>
        accepted("messages.create", MESSAGE, key === undefined ? {} : { key }),
      );
      return Promise.all(all);
    };
    const sent = async (key?: string) => (await jobs("?limit=200&state=succeeded", key)).length;

    it("are not begun when they are cancelled before, and cannot be unsent after", async () => {
      const [first] = await fill();
      const waiting = await accepted("messages.create", MESSAGE);
      await until(first!, ({ state }) => state === "running");
      expect(resultOf(await tidewire.api("POST", `/v1/jobs/${waiting}/cancel`))).toMatchObject({
        state: "cancelled",
        finished_at: "2026-11-20T08:00:00.000Z",
      });
      const refused = await tidewire.api("POST", `/v1/jobs/${first}/cancel`);
      expect(refused).toMatchObject({ status: 409, body: { code: "conflict" } });
      expect(refused.text).toContain("cannot be taken back");
      await tidewire.clock.advance(MINUTE);
      const done = await until(first!, ({ state }) => state === "succeeded");
      expect(resultOf(await tidewire.api("POST", `/v1/jobs/${first}/cancel`))).toEqual(done);
      for (let tries = 0; tries < 500 && (await sent()) < 8; tries++);
      expect(await jobs("?state=cancelled")).toMatchObject([{ id: waiting }]);
      expect(await sent()).toBe(8);
    });

    it("do not go on in the name of a key that was revoked", async () => {
      const { id: owner, key } = await newKey(["actions:write"]);
      const [first] = await fill();
      const waiting = await accepted("messages.create", MESSAGE, { key });
      await until(first!, ({ state }) => state === "running");
      await tidewire.api("DELETE", `/v1/keys/${owner}`);
      await tidewire.clock.advance(MINUTE);
      expect(await until(waiting, ({ state }) => state !== "pending")).toMatchObject({
        state: "failed",
        error: { code: "forbidden" },
      });
    });

    it("are told as they are when the wait is over before them", async () => {
      const [first] = await fill();
      await until(first!, ({ state }) => state === "running");
      const from = tidewire.clock.now();
      let isOver = false;
      const asked = job(first!, "?wait=5s").finally(() => {
        isOver = true;
      });
      while (!isOver) await tidewire.clock.advance(100);
      expect(await asked).toMatchObject({ state: "running" });
      expect(tidewire.clock.now() - from).toBeGreaterThanOrEqual(5_000);
      await tidewire.clock.advance(MINUTE);
      expect(await tidewire.api("GET", `/v1/jobs/${first}?wait=soon`)).toMatchObject({ status: 400 });
    });
  });

  describe("belong to their key", () => {
    it("others do not see them, admins do; lists have pages and states", async () => {
      const mine = await newKey(["actions:read", "actions:write"]);
      const other = await newKey(["actions:read", "actions:write"]);
      const ids = [];
      for (let n = 0; n < 3; n++) ids.unshift(await accepted("messages.create", MESSAGE, { key: mine.key }));
      for (const id of ids) await job(id, "?wait=30s");
      expect((await jobs("", mine.key)).map(({ id }) => id)).toEqual(ids);
      expect(await jobs("", other.key)).toEqual([]);
      expect((await jobs()).map(({ id }) => id)).toEqual(ids);
      expect(await jobs("?state=failed")).toEqual([]);
      const first = await tidewire.api("GET", "/v1/jobs?limit=2", undefined, { key: mine.key });
      const rest = await jobs(`?cursor=${String(first.body.next_cursor)}`, mine.key);
      expect([...(first.body.result as JsonObject[]), ...rest].map(({ id }) => id)).toEqual(ids);
      for (const path of [`/v1/jobs/${ids[0]}`, `/v1/jobs/${ids[0]}/results`]) {
        expect(await tidewire.api("GET", path, undefined, { key: other.key })).toMatchObject({ status: 404 });
      }
      const cancel = await tidewire.api("POST", `/v1/jobs/${ids[0]}/cancel`, undefined, { key: other.key });
      expect(cancel).toMatchObject({ status: 404 });
    });

    it("need the operation's scope, and a connection that the key may use", async () => {
      const { id: owner, key } = await newKey(["actions:read", "actions:write"]);
      const written = await accepted("messages.create", MESSAGE, { key });
      const read = await accepted("models.list", {}, { key });
      await tidewire.api("PATCH", `/v1/keys/${owner}`, { scopes: ["actions:read"] });
      expect(await tidewire.api("GET", `/v1/jobs/${written}`, undefined, { key })).toMatchObject({ status: 403 });
      expect(await tidewire.api("GET", `/v1/jobs/${read}`, undefined, { key })).toMatchObject({ status: 200 });
      expect((await jobs("", key)).map(({ id }) => id)).toEqual([read]);
      await tidewire.connect("other");
      await tidewire.api("PATCH", `/v1/keys/${owner}`, { connections: ["other"] });
      expect(await tidewire.api("GET", `/v1/jobs/${read}`, undefined, { key })).toMatchObject({ status: 404 });
      expect(await jobs("", key)).toEqual([]);
      const { key: blind } = await newKey(["events"]);
      expect(await tidewire.api("GET", "/v1/jobs", undefined, { key: blind })).toMatchObject({ status: 403 });
    });
  });
});
