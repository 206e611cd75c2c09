import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { type Answer, Harness } from "../support/harness.ts";

const MESSAGE = { model: "claude-haiku-4-5", max_tokens: 20, messages: [{ role: "user", content: "Hi" }] };
const CREATE = "/v1/connectors/claude-api/operations/messages.create";

/** What programs rely on, whatever the command: shapes, errors, keys, pages, idempotency (CONTRACT: HTTP). */
describe("the HTTP contract", () => {
  let tidewire: Harness;

  beforeAll(async () => {
    tidewire = await Harness.start();
    await tidewire.connect();
  });
  afterAll(() => tidewire.end());

  const newKey = async (scopes: string[], more: JsonObject = {}) => {
    const answer = await tidewire.api("POST", "/v1/keys", { name: scopes.join(), scopes, ...more });
    expect(answer.status).toBe(201);
    return answer.body.result as { id: string; key: string };
  };

  /** Runs something that must not reach the provider: a fault that the first message would meet is still armed after it. */
  const unsent = async (act: () => Promise<Answer>) => {
    tidewire.sandbox.faults.add({ kind: "server_error", path: "/v1/messages" });
    const answer = await act();
    expect(tidewire.sandbox.faults.list()).toHaveLength(1);
    tidewire.sandbox.faults.clear();
    return answer;
  };

  describe("health and documents", () => {
    it("is live and ready without a key", async () => {
      expect((await tidewire.api("GET", "/health/live", undefined, { key: null })).status).toBe(200);
      const ready = await tidewire.api("GET", "/health/ready", undefined, { key: null });
      expect(ready).toMatchObject({ status: 200, body: { ready: true, database: "ok", sandbox: null } });
    });

    it("gives an OpenAPI 3.1 document that an independent validator takes, with the events as webhooks", async () => {
      const { body } = await tidewire.api("GET", "/openapi.json", undefined, { key: null });
      const result = await new Validator().validate(body);
      expect(result.errors ?? []).toEqual([]);
      expect(result.valid).toBe(true);
      expect(body.openapi).toBe("3.1.0");
      const types = (await tidewire.api("GET", "/v1/event-types?limit=200")).body.result;
      expect(Object.keys(body.webhooks as JsonObject)).toEqual((types as JsonObject[]).map(({ type }) => type));
      expect(body.paths).toHaveProperty([CREATE]);
    });
  });

  describe("keys and scopes", () => {
    it.each([
      ["none", null],
      ["a wrong one", `tw_${"x".repeat(40)}`],
      ["garbage", "Bearer"],
    ])("answers 401 to %s", async (_, key) => {
      const answer = await tidewire.api("GET", "/v1/whoami", undefined, { key });
      expect(answer).toMatchObject({ status: 401, body: { code: "unauthorized", status: 401 } });
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    });

    it("takes a key in x-api-key too, and tells whose it is", async () => {
      const { key, id } = await newKey(["actions:read"]);
      const answer = await tidewire.api("GET", "/v1/whoami", undefined, { key: null, headers: { "x-api-key": key } });
      expect(answer.body.result).toMatchObject({ id, name: "actions:read", scopes: ["actions:read"] });
    });

    it("answers 403 where the scope lacks, and nothing reaches the provider", async () => {
      const { key } = await newKey(["actions:read"]);
      const answer = await unsent(() => tidewire.api("POST", CREATE, MESSAGE, { key }));
      expect(answer).toMatchObject({ status: 403, body: { code: "forbidden" } });
      expect(await tidewire.api("GET", "/v1/keys", undefined, { key })).toMatchObject({ status: 403 });
    });

    it("shows a bound key its own connections only: another's is 404", async () => {
      const other = await tidewire.connect("other");
      const { key } = await newKey(["actions:read", "connections"], { connections: ["work"] });
      expect(await tidewire.api("GET", `/v1/connections/${String(other.id)}`, undefined, { key })).toMatchObject({
        status: 404,
      });
      const path = "/v1/connectors/claude-api/operations/models.list";
      expect(await tidewire.api("POST", `${path}?connection=other`, {}, { key })).toMatchObject({ status: 404 });
      expect(await tidewire.api("POST", path, {}, { key })).toMatchObject({
        status: 200,
        body: { meta: { connection: "work" } },
      });
      expect(await tidewire.api("POST", path, {})).toMatchObject({
        status: 400,
        body: { code: "connection_required" },
      });
    });

    it("hides another key's subscriptions, and deleting them has no effect", async () => {
      const [mine, theirs] = [await newKey(["subscriptions"]), await newKey(["subscriptions"])];
      const made = await tidewire.api(
        "POST",
        "/v1/subscriptions",
        { url: "https://example.com/a", events: ["files.*"] },
        mine,
      );
      const id = String((made.body.result as JsonObject).id);
      expect(made.headers.get("location")).toBe(`${tidewire.url}/v1/subscriptions/${id}`);
      expect(await tidewire.api("GET", `/v1/subscriptions/${id}`, undefined, theirs)).toMatchObject({ status: 404 });
      expect(await tidewire.api("DELETE", `/v1/subscriptions/${id}`, undefined, theirs)).toMatchObject({
        status: 200,
        body: { result: { id, deleted: true } },
      });
      expect(await tidewire.api("GET", `/v1/subscriptions/${id}`, undefined, mine)).toMatchObject({ status: 200 });
    });

    it("tells a hundred mistakes of half a million, in little time and few bytes", async () => {
      const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, n) => [`k${n}`, "1"]));
      for (const [path, body] of [
        ["/v1/keys", many],
        ["/v1/keys", { name: "k", scopes: Array.from({ length: 400_000 }, () => 1) }],
        ["/v1/connections", { connector: "claude-api", credentials: many }],
        [CREATE.replace("messages.create", "models.list"), many],
        [CREATE, { messages: Array.from({ length: 400_000 }, () => 1) }],
      ] as const) {
        const { status, text, body: problem } = await tidewire.api("POST", path, body);
        expect([path, status, problem.code]).toEqual([path, 400, "invalid_input"]);
        expect(text.length).toBeLessThan(100_000);
        expect((problem.errors as unknown[]).length).toBeLessThanOrEqual(100);
      }
    });

    it("ends a revoked key at once, and its subscriptions with it", async () => {
      const key = await newKey(["subscriptions"]);
      const made = await tidewire.api(
        "POST",
        "/v1/subscriptions",
        { url: "https://example.com/b", events: ["*"] },
        key,
      );
      expect(await tidewire.api("DELETE", `/v1/keys/${key.id}`)).toMatchObject({ status: 200 });
      expect(await tidewire.api("GET", "/v1/whoami", undefined, key)).toMatchObject({ status: 401 });
      const left = await tidewire.api("GET", `/v1/subscriptions/${String((made.body.result as JsonObject).id)}`);
      expect(left.body.result).toMatchObject({ status: "disabled", reason: "key_revoked" });
    });
  });

  describe("problems", () => {
    it("say where and how to mend it, with a request id that the answer's header repeats", async () => {
      const injected = { ...MESSAGE, max_tokens: '5, "x": 1' };
      const answer = await unsent(() => tidewire.api("POST", `${CREATE}?connection=work`, injected));
      expect(answer).toMatchObject({
        status: 400,
        body: { code: "invalid_input", status: 400, errors: [{ at: "max_tokens" }] },
      });
      expect(answer.body.request_id).toBe(answer.headers.get("x-request-id"));
      expect(answer.body.detail).toMatch(/whole number|integer/i);
    });

    it.each([
      ["broken JSON", "{", "application/json", 400, "invalid_json"],
      ["JSON that is no object", "[1]", "application/json", 400, "invalid_json"],
      ["a content type it does not read", "a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"],
      ["a body over 1 MiB", `{"a":"${"x".repeat(1_100_000)}"}`, "application/json", 413, "payload_too_large"],
    ])("refuse %s", async (_, body, type, status, code) => {
      const answer = await tidewire.api("POST", CREATE, body, { headers: { "content-type": type } });
      expect(answer).toMatchObject({ status, body: { code } });
    });

    it("tell what there is instead of an unknown path, a wrong method, an unknown operation", async () => {
      expect(await tidewire.api("GET", "/v1/nothing")).toMatchObject({ status: 404, body: { code: "not_found" } });
      expect(await tidewire.api("PUT", "/v1/whoami")).toMatchObject({
        status: 405,
        body: { code: "method_not_allowed" },
      });
      const typo = await tidewire.api("POST", "/v1/connectors/claude-api/operations/mesages.create", {});
      expect(typo).toMatchObject({ status: 404, body: { code: "not_found" } });
      expect(typo.body.detail).toMatch(/messages\.create/);
    });

    it("carry the provider's own type, message and request id", async () => {
      const answer = await tidewire.api("POST", "/v1/connectors/claude-api/operations/files.read?connection=work", {
        file_id: "file_none",
      });
      expect(answer).toMatchObject({
        status: 404,
        body: { code: "upstream_error", upstream: { status: 404, type: "not_found_error" } },
      });
      expect((answer.body.upstream as JsonObject).request_id).toMatch(/^req_/);
    });
  });

  describe("answers", () => {
    it("give one result with meta, raw when asked", async () => {
      const answer = await tidewire.api("POST", `${CREATE}?connection=work&fields=raw`, MESSAGE);
      expect(answer).toMatchObject({
        status: 200,
        body: { result: { type: "message" }, meta: { connection: "work", attempts: 1, upstream: { status: 200 } } },
      });
    });

    it("answer queries on GET too, with types read from the query string", async () => {
      const path = "/v1/connectors/claude-api/operations/models.list?connection=work&limit=2";
      const answer = await tidewire.api("GET", path);
      expect(answer.body.result).toHaveLength(2);
      expect(answer.body.next_cursor).toEqual(expect.any(String));
      expect(await tidewire.api("GET", CREATE)).toMatchObject({ status: 405 });
    });

    it("page a listing to its end, each member once", async () => {
      const seen: unknown[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const query = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const { body } = await tidewire.api(
          "GET",
          `/v1/connectors/claude-api/operations/models.list?connection=work&limit=5${query}`,
        );
        seen.push(...(body.result as JsonObject[]).map(({ id }) => id));
        cursor = body.next_cursor as string | null;
      }
      expect(seen.length).toBeGreaterThan(10);
      expect(new Set(seen).size).toBe(seen.length);
    });

    it("stream server-sent events in the API's order", async () => {
      const answer = await tidewire.api("POST", `${CREATE}?connection=work`, { ...MESSAGE, stream: true });
      expect(answer.headers.get("content-type")).toMatch(/^text\/event-stream/);
      const names = [...answer.text.matchAll(/^event: (.+)$/gm)].map((match) => match[1]);
      expect(names[0]).toBe("message_start");
      expect(names.at(-1)).toBe("message_stop");
    });

    it("give JSON Lines of a batch's results", async () => {
      const batch = await tidewire.run(
        "message_batches.create",
        { requests: [{ custom_id: "a", params: MESSAGE }] },
        "?connection=work",
      );
      await tidewire.clock.advance(10_000);
      const path = "/v1/connectors/claude-api/operations/message_batches.results?connection=work";
      const answer = await tidewire.api("POST", path, { batch_id: batch.id });
      expect(
        answer.text
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line) as JsonObject),
      ).toMatchObject([{ custom_id: "a" }]);
    });
  });

  describe("idempotency keys", () => {
    const once = (body: unknown, key = "first") =>
      tidewire.api("POST", `${CREATE}?connection=work`, body, { headers: { "idempotency-key": key } });

    it("give the same answer again without a second call, and refuse another body", async () => {
      const first = await once(MESSAGE);
      const again = await once(MESSAGE);
      expect(again.body).toEqual(first.body);
      const plain = await tidewire.api("POST", `${CREATE}?connection=work`, MESSAGE);
      expect((plain.body.result as JsonObject).id).not.toBe((first.body.result as JsonObject).id);
      expect(await once({ ...MESSAGE, max_tokens: 21 })).toMatchObject({
        status: 409,
        body: { code: "idempotency_mismatch" },
      });
    });

    it("belong to their key: another key's is another request", async () => {
      const first = await once(MESSAGE, "shared");
      const { key } = await newKey(["actions:write"]);
      const theirs = await tidewire.api("POST", `${CREATE}?connection=work`, MESSAGE, {
        key,
        headers: { "idempotency-key": "shared" },
      });
      expect((theirs.body.result as JsonObject).id).not.toBe((first.body.result as JsonObject).id);
    });

    it("are forgotten after 24 hours", async () => {
      const first = await once(MESSAGE, "old");
      await tidewire.clock.advance(24 * 3_600_000 + 1);
      expect(((await once(MESSAGE, "old")).body.result as JsonObject).id).not.toBe(
        (first.body.result as JsonObject).id,
      );
    });
  });
});
