import { fileURLToPath } from "node:url";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BUILT_IN, catalogOf } from "../../../src/catalog.ts";
import { OPERATIONAL_EVENTS } from "../../../src/events/operational.ts";
import { ERROR_CODES } from "../../../src/kernel/errors.ts";
import type { Json, JsonObject } from "../../../src/kernel/json.ts";
import { loadConnector } from "../../../src/manifest/load.ts";
import { eventsOf } from "../../../src/manifest/triggers.ts";
import { printOpenApi } from "../../../src/surfaces/docs/openapi.ts";
import { Harness } from "../../support/harness.ts";

const SHIPPED = fileURLToPath(new URL("../../../connector.json", import.meta.url));
const { connector } = loadConnector(SHIPPED);
const document = printOpenApi(catalogOf([connector]), [connector]);

interface Described {
  operationId: string;
  description?: string;
  deprecated?: boolean;
  "x-scope"?: string;
  parameters: { name: string; in: string; required: boolean; schema: JsonObject }[];
  requestBody?: { content: Record<string, { schema: JsonObject }> };
  responses: Record<string, { content: Record<string, { schema: JsonObject }> }>;
}
const described = (method: string, path: string) =>
  ((document.paths as Record<string, Record<string, unknown>>)[path]?.[method] ?? null) as unknown as Described | null;
const operation = (id: string) => described("post", `/v1/connectors/claude-api/operations/${id}`) as Described;
const namesIn = (place: string, { parameters }: Described) =>
  parameters.filter((parameter) => parameter.in === place).map(({ name }) => name);
const contentOf = (one: Described, status = "200") => one.responses[status]?.content ?? {};

describe("the OpenAPI document", () => {
  it("is valid, as an independent validator says", async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it("has every command of the catalog, each once and by its own name", () => {
    const all = Object.values(document.paths as unknown as Record<string, Record<string, Described>>).flatMap(
      Object.values<Described>,
    );
    const ids = all.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(catalogOf([connector]).map(({ name }) => name.replaceAll(".", "_"))));
    for (const { name, scope, http } of BUILT_IN) {
      const one = described(http.method.toLowerCase(), http.path.replace(/:(\w+)/g, "{$1}"));
      expect([one?.operationId, one?.["x-scope"] ?? null]).toEqual([name.replaceAll(".", "_"), scope]);
    }
  });

  it("shows the feed as a stream that Last-Event-ID resumes", () => {
    const feed = described("get", "/v1/events/stream") as Described;
    expect(Object.keys(contentOf(feed))).toEqual(["text/event-stream"]);
    expect(namesIn("header", feed)).toEqual(["Last-Event-ID"]);
    expect(namesIn("query", feed)).toEqual(["type", "connection", "since", "after"]);
    const list = described("get", "/v1/events") as Described;
    expect(namesIn("header", list)).toEqual([]);
    expect(namesIn("query", list)).toContain("after");
  });

  it("has every event as a webhook, and every error code", () => {
    expect(Object.keys(document.webhooks as JsonObject)).toEqual([
      ...connector.resources.flatMap(({ events }) => events.map(({ type }) => type)),
      ...Object.keys(OPERATIONAL_EVENTS),
    ]);
    const problem = (document.components as { schemas: { Problem: { properties: { code: { enum: string[] } } } } })
      .schemas.Problem;
    expect(problem.properties.code.enum).toEqual(Object.keys(ERROR_CODES));
  });

  it("tells the events of each of two connectors that share their types", () => {
    const two = [connector, { ...connector, handle: "claude-two" }];
    const { webhooks } = printOpenApi(catalogOf(two), two) as { webhooks: JsonObject };
    expect(Object.keys(webhooks)).toEqual(
      expect.arrayContaining(["claude-api/files.created", "claude-two/files.created"]),
    );
    const ids = Object.values(webhooks).map((one) => (one as { post: { operationId: string } }).post.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const own = eventsOf(connector).length;
    expect(ids).toHaveLength(2 * own + Object.keys(OPERATIONAL_EVENTS).length);
  });

  it("tells of the paths that are no command's, and of the key in a REST hook's address", () => {
    for (const path of ["/health/live", "/health/ready", "/metrics", "/openapi.json", "/oauth/callback"]) {
      expect(described("get", path)).not.toBeNull();
    }
    expect(described("post", "/webhooks/{connector}/{event}")).toMatchObject({
      security: expect.arrayContaining([{ hookKey: [] }]),
    });
    expect(described("get", "/v1/whoami")).not.toHaveProperty("security");
  });

  it("names the members of an answer that its readers look for", () => {
    const result = (path: string, method: string, status = "200") => {
      const schema = contentOf(described(method, path) as Described, status)["application/json"]?.schema;
      const { properties } = schema as { properties: Record<string, { properties?: object }> };
      return [...Object.keys(properties), ...Object.keys(properties.result?.properties ?? {})];
    };
    expect(result("/v1/whoami", "get")).toContain("connections");
    const created = ["secret", "existing", "pending_baselines"];
    expect(result("/v1/subscriptions", "post", "201")).toEqual(expect.arrayContaining(created));
    expect(result("/v1/connectors/{connector}/operations/{operation}", "post")).toContain("meta");
    expect(result("/v1/unified/user-directory/users", "get")).toContain("meta");
  });

  it("marks what is done no more, and what the API cannot do, and says why", () => {
    const marked = connector.resources
      .flatMap(({ operations }) => Object.keys(operations).map((name) => operations[name]?.id ?? ""))
      .filter((id) => operation(id).deprecated);
    expect(marked).toEqual([
      "messages.list",
      "prompt_tools.generate",
      "prompt_tools.improve",
      "prompt_tools.templatize",
    ]);
    expect(operation("messages.list").description).toMatch(/keeps no messages/);
    expect(operation("messages.create")).not.toHaveProperty("deprecated");
  });

  it("puts each member of an input where the server takes it", () => {
    const list = described("get", "/v1/deliveries") as Described;
    expect(namesIn("query", list)).toEqual(expect.arrayContaining(["status", "since", "limit", "cursor"]));
    expect(list.requestBody).toBeUndefined();
    const patch = described("patch", "/v1/subscriptions/{id}") as Described;
    expect([namesIn("path", patch), namesIn("query", patch)]).toEqual([["id"], []]);
    expect(patch.requestBody?.content["application/json"]?.schema.properties).not.toHaveProperty("id");
    const remove = described("delete", "/v1/subscriptions") as Described;
    expect(namesIn("query", remove)).toContain("url");
    const run = described("post", "/v1/connectors/{connector}/operations/{operation}") as Described;
    expect(namesIn("query", run)).toEqual(expect.arrayContaining(["connection", "fields"]));
    expect(run.requestBody?.content["application/json"]?.schema).toMatchObject({ type: "object" });
  });

  it("tells an operation's own input as the body, and the rest as query", () => {
    const create = operation("messages.create");
    expect(namesIn("query", create)).toEqual(["connection", "fields"]);
    const { schema } = create.requestBody?.content["application/json"] as { schema: JsonObject };
    expect(schema.required).toEqual(["model", "max_tokens", "messages"]);
    expect(schema.properties).not.toHaveProperty("connection");
    expect(schema.additionalProperties).toBe(true);
  });

  it("tells that files may come as a form", () => {
    const content = operation("skills.create").requestBody?.content;
    expect(Object.keys(content ?? {})).toEqual(["application/json", "multipart/form-data"]);
    expect(content?.["multipart/form-data"]?.schema.properties).toMatchObject({
      files: { type: "array", items: { contentMediaType: "application/octet-stream" } },
      display_name: { type: "string" },
    });
    expect(Object.keys(operation("files.read").requestBody?.content ?? {})).toEqual(["application/json"]);
  });

  it("tells what can be run without waiting, and with what answer", () => {
    const run = described("post", "/v1/connectors/{connector}/operations/{operation}") as Described;
    for (const one of [operation("message_batches.create"), run]) {
      expect(namesIn("header", one)).toEqual(["Prefer"]);
      expect(contentOf(one, "202")["application/json"]?.schema).toMatchObject({ required: ["result"] });
    }
    expect(namesIn("query", run)).not.toContain("respond_async");
    for (const one of [operation("files.download"), described("get", "/v1/jobs") as Described]) {
      expect(namesIn("header", one)).toEqual([]);
      expect(one.responses).not.toHaveProperty("202");
    }
  });

  it("tells in what form an answer comes", () => {
    expect(Object.keys(contentOf(operation("messages.create")))).toEqual(["application/json", "text/event-stream"]);
    expect(Object.keys(contentOf(operation("message_batches.results")))).toEqual(["application/x-ndjson"]);
    expect(Object.keys(contentOf(operation("files.download")))).toEqual(["*/*"]);
    expect(Object.keys(contentOf(described("post", "/v1/subscriptions") as Described, "201"))).toEqual([
      "application/json",
    ]);
  });
});

/** What the document says, against what the server does. */
describe("the answers of the server", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  let tidewire: Harness;
  beforeAll(async () => {
    tidewire = await Harness.start();
    await tidewire.connect();
    tidewire.sandbox.world.addFile({ filename: "a.txt", content: "a" });
  });
  afterAll(() => tidewire.end());

  const expectDescribed = (schema: JsonObject | undefined, body: Json) => {
    const validate = ajv.compile(schema ?? false);
    expect([validate(body), validate.errors]).toEqual([true, null]);
  };

  it.each([
    ["GET", "/v1/whoami", undefined, "200"],
    ["GET", "/v1/connectors", undefined, "200"],
    ["GET", "/v1/connections", undefined, "200"],
    ["GET", "/v1/pollers", undefined, "200"],
    ["GET", "/v1/event-types", undefined, "200"],
    ["GET", "/v1/event-types/{type}/samples", undefined, "200"],
    ["GET", "/v1/events", undefined, "200"],
    ["GET", "/v1/deliveries", undefined, "200"],
    ["POST", "/v1/keys", { name: "a", scopes: ["events"] }, "201"],
    ["POST", "/v1/subscriptions", { url: "https://example.com/a", events: ["*"] }, "201"],
    ["GET", "/v1/subscriptions", undefined, "200"],
    ["GET", "/v1/keys", undefined, "200"],
  ])("%s %s is as described", async (method, path, body, status) => {
    const answer = await tidewire.api(method, path.replace("{type}", "files.created"), body);
    expect(answer.status).toBe(Number(status));
    const one = described(method.toLowerCase(), path) as Described;
    expectDescribed(contentOf(one, status)["application/json"]?.schema, answer.body);
  });

  it.each([
    ["messages.create", { model: "claude-haiku-4-5", max_tokens: 9, messages: [{ role: "user", content: "Hi" }] }],
    ["files.list", { limit: 5 }],
    ["models.list", {}],
    ["skills.list", {}],
  ])("%s is as described", async (id, input) => {
    const answer = await tidewire.api("POST", `/v1/connectors/claude-api/operations/${id}`, input);
    expectDescribed(contentOf(operation(id))["application/json"]?.schema, answer.body);
    expectDescribed(operation(id).requestBody?.content["application/json"]?.schema, input);
    const raw = await tidewire.api("POST", `/v1/connectors/claude-api/operations/${id}?fields=raw`, input);
    expectDescribed(contentOf(operation(id))["application/json"]?.schema, raw.body);
  });

  it("a replay is accepted as described", async () => {
    const asked = { url: "https://example.com/replayed", events: ["*"] };
    const { id } = (await tidewire.api("POST", "/v1/subscriptions", asked)).body.result as { id: string };
    const { status, body } = await tidewire.api("POST", `/v1/subscriptions/${id}/replay`, {});
    const one = described("post", "/v1/subscriptions/{id}/replay") as Described;
    expect([status, Object.keys(one.responses)]).toEqual([202, ["202", "default"]]);
    expectDescribed(contentOf(one, "202")["application/json"]?.schema, body);
  });

  it("say problems as described", async () => {
    const { body } = await tidewire.api("POST", "/v1/keys", {});
    expectDescribed((document.components as { schemas: { Problem: JsonObject } }).schemas.Problem, body);
  });
});
