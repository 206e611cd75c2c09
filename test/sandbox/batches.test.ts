import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { type Body, type Caller, HELLO, idsOf, openSandbox } from "./caller.ts";

const HOUR = 3_600_000;
const PATH = "/v1/messages/batches";

function requests(count: number, params: JsonObject = HELLO): JsonObject {
  return { requests: Array.from({ length: count }, (_, i) => ({ custom_id: `r${i}`, params })) };
}

async function begin({ call }: Caller, body: JsonObject = requests(2)): Promise<string> {
  return (await call("POST", PATH, body)).json.id;
}

async function read({ call }: Caller, id: string): Promise<Body> {
  return (await call("GET", `${PATH}/${id}`)).json;
}

async function results({ call }: Caller, id: string): Promise<Map<Json, JsonObject>> {
  const { text, headers } = await call("GET", `${PATH}/${id}/results`);
  expect(headers.get("content-type")).toBe("application/x-jsonl");
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as JsonObject);
  return new Map(lines.map((line) => [line.custom_id ?? null, line.result as JsonObject]));
}

describe("a batch", () => {
  it("is in progress until its time is over, then ended", async () => {
    const caller = openSandbox();
    const made = (await caller.call("POST", PATH, requests(2))).json;
    expect(made).toEqual({
      id: expect.stringMatching(/^msgbatch_01\w{22}$/),
      type: "message_batch",
      processing_status: "in_progress",
      request_counts: { processing: 2, succeeded: 0, errored: 0, canceled: 0, expired: 0 },
      created_at: "2026-11-20T08:00:00.000000Z",
      expires_at: "2026-11-21T08:00:00.000000Z",
      ended_at: null,
      cancel_initiated_at: null,
      archived_at: null,
      results_url: null,
    });
    caller.sandbox.advance(1_999);
    expect(await read(caller, made.id)).toEqual(made);
    caller.sandbox.advance(1);
    expect(await read(caller, made.id)).toEqual({
      ...made,
      processing_status: "ended",
      request_counts: { processing: 0, succeeded: 2, errored: 0, canceled: 0, expired: 0 },
      ended_at: "2026-11-20T08:00:02.000000Z",
      results_url: `http://claude.test/v1/messages/batches/${made.id}/results`,
    });
  });

  it("gives the same results at each download, billed as a batch", async () => {
    const caller = openSandbox();
    const id = await begin(caller);
    caller.sandbox.advance(2_000);
    const first = await results(caller, id);
    expect(Array.from(first.keys(), String).sort()).toEqual(["r0", "r1"]);
    expect(first.get("r0")).toMatchObject({
      type: "succeeded",
      message: { type: "message", usage: { service_tier: "batch" } },
    });
    expect(await results(caller, id)).toEqual(first);
  });

  it("makes errors of bad params, when it is worked on", async () => {
    const caller = openSandbox();
    const bad: JsonObject[] = [
      { ...HELLO, stream: true },
      { ...HELLO, max_tokens: 0 },
      { ...HELLO, temperature: 1 },
      { ...HELLO, model: "claude-9" },
      {},
    ];
    const id = await begin(caller, { requests: [HELLO, ...bad].map((params, i) => ({ custom_id: `r${i}`, params })) });
    caller.sandbox.advance(2_000);
    expect((await read(caller, id)).request_counts).toEqual({
      processing: 0,
      succeeded: 1,
      errored: 5,
      canceled: 0,
      expired: 0,
    });
    const lines = await results(caller, id);
    expect(lines.get("r4")).toEqual({
      type: "errored",
      error: { type: "error", error: { type: "not_found_error", message: "model: claude-9" }, request_id: null },
    });
    expect(lines.get("r5")).toMatchObject({
      error: { error: { type: "invalid_request_error", message: "model: Field required" } },
    });
  });

  it("keeps what it was judged by: a model retired after the end changes nothing", async () => {
    const caller = openSandbox();
    const id = await begin(caller);
    caller.sandbox.advance(2_000);
    await read(caller, id);
    caller.sandbox.world.retireModel(HELLO.model);
    expect((await results(caller, id)).get("r0")).toMatchObject({ type: "succeeded" });
  });

  it("takes sampling parameters only when made under the older version", async () => {
    const caller = openSandbox();
    const body = requests(1, { ...HELLO, model: "claude-sonnet-4-6", temperature: 0.5 });
    const old = { "anthropic-version": "2023-06-01" };
    const id = (await caller.call("POST", PATH, body, old)).json.id;
    caller.sandbox.advance(2_000);
    expect((await results(caller, id)).get("r0")).toMatchObject({ type: "succeeded" });
  });

  it("can be canceled halfway: what was done stays done", async () => {
    const caller = openSandbox();
    const id = await begin(caller, requests(4));
    caller.sandbox.advance(1_000);
    const cancel = () => caller.call("POST", `${PATH}/${id}/cancel`);
    const canceling = (await cancel()).json;
    expect(canceling).toMatchObject({
      processing_status: "canceling",
      cancel_initiated_at: "2026-11-20T08:00:01.000000Z",
      request_counts: { processing: 4, canceled: 0 },
      results_url: null,
    });
    caller.sandbox.advance(500);
    expect((await cancel()).json).toEqual(canceling);
    caller.sandbox.advance(1_500);
    expect(await read(caller, id)).toMatchObject({
      processing_status: "ended",
      ended_at: "2026-11-20T08:00:03.000000Z",
      request_counts: { processing: 0, succeeded: 2, canceled: 2, expired: 0 },
    });
    expect((await results(caller, id)).get("r3")).toEqual({ type: "canceled" });
    expect((await cancel()).status).toBe(400);
  });

  it("expires 24 hours after it was made when it is held", async () => {
    const caller = openSandbox();
    caller.sandbox.faults.holdBatches = true;
    const id = await begin(caller);
    caller.sandbox.advance(24 * HOUR - 1);
    expect(await read(caller, id)).toMatchObject({ processing_status: "in_progress" });
    caller.sandbox.advance(1);
    const ended = await read(caller, id);
    expect(ended).toMatchObject({
      processing_status: "ended",
      request_counts: { processing: 0, succeeded: 0, expired: 2 },
    });
    expect(ended.ended_at).toBe(ended.expires_at);
    expect((await results(caller, id)).get("r1")).toEqual({ type: "expired" });
  });

  it("is worked on when it is released", async () => {
    const caller = openSandbox();
    const id = await begin(caller);
    caller.sandbox.world.holdBatch(id);
    caller.sandbox.advance(HOUR);
    expect(await read(caller, id)).toMatchObject({ processing_status: "in_progress" });
    caller.sandbox.world.releaseBatch(id);
    caller.sandbox.advance(2_000);
    expect(await read(caller, id)).toMatchObject({ processing_status: "ended", request_counts: { succeeded: 2 } });
    expect(() => caller.sandbox.world.holdBatch(id)).toThrow("already ended");
  });

  it("has results from its end until 29 days after it was made", async () => {
    const caller = openSandbox();
    const id = await begin(caller);
    const path = `${PATH}/${id}/results`;
    expect((await caller.call("GET", path)).error).toContain("not_found_error");
    caller.sandbox.advance(29 * 24 * HOUR - 1);
    expect((await caller.call("GET", path)).status).toBe(200);
    caller.sandbox.advance(1);
    expect((await caller.call("GET", path)).status).toBe(404);
    expect(await read(caller, id)).toMatchObject({
      processing_status: "ended",
      archived_at: "2026-12-19T08:00:00.000000Z",
    });
  });

  it("can have results that break off", async () => {
    const caller = openSandbox();
    const id = await begin(caller);
    caller.sandbox.advance(2_000);
    caller.sandbox.faults.add({ kind: "stream_reset", afterEvents: 1 });
    await expect(results(caller, id)).rejects.toThrow("reset");
    expect((await results(caller, id)).size).toBe(2);
  });

  it("can be deleted only after the end", async () => {
    const caller = openSandbox();
    const id = await begin(caller);
    expect((await caller.call("DELETE", `${PATH}/${id}`)).error).toContain("invalid_request_error");
    caller.sandbox.advance(2_000);
    expect((await caller.call("DELETE", `${PATH}/${id}`)).json).toEqual({ id, type: "message_batch_deleted" });
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["GET", "/results"],
      ["POST", "/cancel"],
    ] as const) {
      expect((await caller.call(method, `${PATH}/${id}${path}`)).status).toBe(404);
    }
  });
});

describe("a new batch", () => {
  const { call } = openSandbox();
  const one = { custom_id: "a", params: HELLO };
  it.each<[string, JsonObject, string]>([
    ["no requests", {}, "requests: Field required"],
    ["an empty list", { requests: [] }, "at least 1 item"],
    ["a field that does not exist", { requests: [one], metadata: {} }, "metadata: Extra inputs are not permitted"],
    ["the same custom_id twice", { requests: [one, one] }, "requests.1.custom_id: `a` is not unique"],
    [
      "a custom_id with a space",
      { requests: [{ ...one, custom_id: "a b" }] },
      "requests.0.custom_id: String should match",
    ],
    [
      "a long custom_id",
      { requests: [{ ...one, custom_id: "x".repeat(65) }] },
      "requests.0.custom_id: String should match",
    ],
    ["no params", { requests: [{ custom_id: "a" }] }, "requests.0.params: Field required"],
  ])("with %s is refused", async (_, body, message) => {
    const reply = await call("POST", PATH, body);
    expect([reply.status, reply.error]).toEqual([400, expect.stringContaining(message)]);
  });
});

describe("the list of batches", () => {
  it("is newest first, paged by id in both directions", async () => {
    const caller = openSandbox();
    const made = [];
    for (let i = 0; i < 5; i++) made.unshift(await begin(caller));
    const page = async (query: string) => (await caller.call("GET", `${PATH}?${query}`)).json;
    expect(idsOf(await page(""))).toEqual(made);
    expect(await page("limit=2")).toMatchObject({ has_more: true, first_id: made[0], last_id: made[1] });
    expect(idsOf(await page(`limit=2&after_id=${made[1]}`))).toEqual([made[2], made[3]]);
    expect(await page(`limit=2&after_id=${made[3]}`)).toMatchObject({
      has_more: false,
      first_id: made[4],
      last_id: made[4],
    });
    expect(await page(`limit=2&before_id=${made[4]}`)).toMatchObject({
      has_more: true,
      first_id: made[2],
      last_id: made[3],
    });
    expect(await page(`limit=2&before_id=${made[2]}`)).toMatchObject({
      has_more: false,
      first_id: made[0],
      last_id: made[1],
    });
    expect(await page(`before_id=${made[0]}`)).toEqual({ data: [], has_more: false, first_id: null, last_id: null });
  });

  it("keeps its place when the object that a cursor names is deleted", async () => {
    const caller = openSandbox();
    const made = [];
    for (let i = 0; i < 3; i++) made.unshift(await begin(caller));
    caller.sandbox.advance(2_000);
    await caller.call("DELETE", `${PATH}/${made[1]}`);
    expect(idsOf((await caller.call("GET", `${PATH}?after_id=${made[1]}`)).json)).toEqual([made[2]]);
  });

  it.each(["limit=0", "limit=1001", "limit=x", "after_id=a&before_id=b", "after_id=msgbatch_none"])(
    "refuses %s",
    async (query) => {
      const { call } = openSandbox();
      expect((await call("GET", `${PATH}?${query}`)).status).toBe(400);
    },
  );
});
