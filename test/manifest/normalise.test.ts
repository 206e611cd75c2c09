import { describe, expect, it } from "vitest";
import type { Connector, Operation, Resource } from "../../src/manifest/connector.ts";
import { checkInput, inputSchema } from "../../src/manifest/inputs.ts";
import { connectorJson, linted, resourceJson, thrownBy } from "./written.ts";

type Part = Record<string, unknown>;

function connectorOf(service: Part, rest: Part = {}): Connector {
  return linted(connectorJson({ service, ...rest }), resourceJson()).connector;
}

function resourceOf(parts: Part): Resource {
  return linted(connectorJson(), resourceJson(parts)).connector.resources[0] as Resource;
}

function operationOf(name: string, source: Part, service: Part = {}): Operation {
  const { connector } = linted(connectorJson({ service }), resourceJson({ operations: { [name]: source } }));
  return connector.resources[0]?.operations[name] as Operation;
}

describe("a service", () => {
  it("that says little gets every default: the official SDK's patience, retries and envelope", () => {
    expect(connectorOf({})).toMatchObject({
      version: "0.0.0",
      status: "active",
      meta: { short: "acme", description: "acme" },
      contentType: "application/json",
      headers: [],
      allowedHosts: [],
      timeoutMs: 600_000,
      retry: {
        max: 2,
        statuses: [408, 409, 429, "5xx"],
        networkErrors: true,
        baseMs: 500,
        capMs: 8_000,
        jitter: 0.25,
        afterHeaders: ["retry-after-ms", "retry-after"],
        vetoHeader: "x-should-retry",
      },
      errors: {
        type: ["error", "type"],
        message: ["error", "message"],
        requestId: ["request_id"],
        requestIdHeader: "request-id",
        failIf: null,
        final: null,
        notFound: [404],
        codes: {},
      },
      capture: ["request-id", "x-request-id", "retry-after"],
      probe: null,
    });
  });

  it("has `baseUrl` among its settings always, and once", () => {
    const own = { name: "baseUrl", type: "String", required: true, description: "Where you host it." };
    expect(connectorOf({}).params).toMatchObject([{ name: "baseUrl", required: false, format: "uri" }]);
    expect(connectorOf({ params: [own] }).params).toEqual([own]);
  });

  it("has settings that its base URL names, and no slash at its end", () => {
    const placeholders = [{ name: "tenant", type: "String", required: true }];
    const { params, baseURL } = connectorOf({
      baseURL: { value: "https://{{tenant}}.acme.example/v1/", placeholders },
    });
    expect(baseURL).toBe("https://{{tenant}}.acme.example/v1");
    expect(params.map((p) => p.name)).toEqual(["baseUrl", "tenant"]);
  });

  it("has names of headers in lower case, as they are compared", () => {
    const { headers, capture, redact, errors, probe } = connectorOf({
      headers: { "X-Version": { value: "1", merge: "append-comma", omitIfEmpty: true } },
      capture: ["X-Trace-*"],
      redact: ["X-Secret"],
      errors: { requestIdHeader: "X-Request-Id" },
      probe: { operation: "things.list", accountHeader: "X-Org" },
    });
    expect(headers).toEqual([{ name: "x-version", value: "1", merge: "append-comma", omitIfEmpty: true }]);
    expect(capture).toEqual(["x-trace-*"]);
    expect(redact).toEqual(["authorization", "cookie", "set-cookie", "proxy-authorization", "x-secret"]);
    expect(errors.requestIdHeader).toBe("x-request-id");
    expect(probe).toEqual({ operation: "things.list", input: {}, account: null, accountHeader: "x-org" });
  });

  it("without `auth` is open", () => {
    const { connector, findings } = linted(
      { manifestVersion: 1, handle: "open", service: { baseURL: { value: "https://open.example" } } },
      resourceJson(),
    );
    expect(connector.auths).toEqual({});
    expect(findings).toEqual([]);
  });

  it.each([
    [
      { method: "bearer", fields: [{ name: "token" }] },
      { in: "header", parameter: "authorization", value: "Bearer {{token}}" },
    ],
    [
      { method: "api_token", name: "X-Key", prefix: "Key ", fields: [{ name: "k" }] },
      { in: "header", parameter: "x-key", value: "Key {{k}}" },
    ],
    [
      { method: "api_token", in: "query", name: "apiKey", fields: [{ name: "k" }] },
      { in: "query", parameter: "apiKey", value: "{{k}}" },
    ],
    [
      { method: "api_token", in: "cookie", name: "sid", value: "{{a}}.{{b}}", fields: [{ name: "a" }, { name: "b" }] },
      { in: "cookie", parameter: "sid", value: "{{a}}.{{b}}" },
    ],
  ])("knows where a credential goes: %j", (auth, placed) => {
    expect(connectorOf({ auth }).auths.default).toMatchObject(placed);
  });

  it("requires no field of a credential that is optional", () => {
    const { auths } = connectorOf({
      auths: { admin: { method: "bearer", optional: true, fields: [{ name: "k", required: true }] } },
    });
    expect(auths.admin?.fields).toEqual([{ name: "k", secret: true, required: false, description: "" }]);
  });
});

describe("an operation", () => {
  it.each([
    ["read", "GET", { kind: "query", effect: "none", confirm: false, idempotent: true }],
    ["create", "POST", { kind: "action", effect: "create", confirm: false, idempotent: false }],
    ["update", "POST", { kind: "action", effect: "update", confirm: false, idempotent: false }],
    ["delete", "DELETE", { kind: "action", effect: "delete", confirm: true, idempotent: true }],
    ["archive", "POST", { kind: "action", effect: "archive", confirm: true, idempotent: false }],
    ["replace", "PUT", { kind: "action", effect: "update", confirm: false, idempotent: true }],
    ["forget", "DELETE", { kind: "action", effect: "delete", confirm: true, idempotent: true }],
    ["ping", "POST", { kind: "action", effect: "none", confirm: false, idempotent: false }],
  ])("is known by its name and method: %s %s", (name, method, known) => {
    expect(operationOf(name, { method })).toMatchObject(known);
  });

  it("has each input once, wherever it is declared, and the paging of a list", () => {
    const { inputs } = operationOf("list", {
      method: "GET",
      path: { value: "/{{a}}", placeholders: [{ name: "a", type: "String", required: true }] },
      headers: { "x-b": { value: "{{b}}", placeholders: [{ name: "b", type: "String" }] } },
      input: [
        { name: "a", type: "String", required: true },
        { name: "limit", type: "String" },
      ],
      pagination: { style: "cursor", param: "after", next: ["n"], limit: { param: "limit", max: 50 } },
    });
    expect(inputs.map(({ name, type }) => [name, type])).toEqual([
      ["a", "String"],
      ["b", "String"],
      ["limit", "String"],
      ["cursor", "String"],
    ]);
  });

  it("requires what stands in its path, said or not, unless it has a default or stands in a block", () => {
    const made = operationOf("part", {
      method: "GET",
      path: {
        value: "/{{a}}/{{b}}{{#if c}}/{{c}}{{/if}}/{{d}}",
        placeholders: [
          { name: "a", type: "String" },
          { name: "b", type: "String", required: false },
          { name: "c", type: "String" },
        ],
      },
      input: [
        { name: "a", type: "String", required: true },
        { name: "d", type: "String", default: "all" },
        { name: "e", type: "String" },
      ],
    });
    expect(made.inputs.filter(({ required }) => required).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(inputSchema(made)).toMatchObject({ required: ["a", "b"] });
    expect(thrownBy(() => checkInput(made, {})).errors.map(({ at }) => at)).toEqual(["a", "b"]);
  });

  it("takes what the service's own headers declare, last, and does not put it in its body", () => {
    const headers = { "x-beta": { value: "{{betas}}", placeholders: [{ name: "betas", type: "Array" }] } };
    const resource = resourceJson({
      operations: {
        make: { method: "POST", input: [{ name: "a", type: "String" }], body: { encoding: "json" } },
      },
    });
    const made = linted(connectorJson({ service: { headers } }), resource).connector.resources[0]?.operations.make;
    expect(made?.inputs.map(({ name }) => name)).toEqual(["a", "betas"]);
    expect(made?.body).toMatchObject({ value: { a: { $param: "a" } } });
  });

  it("has the aliases of its resource too, each with what of their shape it takes", () => {
    const shape = { thing_id: { $param: "id" }, "*": { $param: "query" } };
    const resource = resourceJson({ aliases: ["stuff", { name: "items", input: shape }] });
    const { read, list } = linted(connectorJson(), resource).connector.resources[0]?.operations ?? {};
    expect(read?.aliases).toEqual([
      { name: "stuff.read", input: null },
      { name: "items.read", input: shape },
    ]);
    expect(list?.aliases[1]).toEqual({ name: "items.list", input: { "*": { $param: "query" } } });
  });

  it.each([
    [
      { encoding: "binary", value: { $param: "a" } },
      { encoding: "binary", param: "a" },
    ],
    [
      { encoding: "multipart", parts: [{ name: "file", value: { $param: "a" } }] },
      { encoding: "multipart", parts: [{ name: "file", param: "a" }] },
    ],
    [
      { encoding: "text", value: { $param: "a" } },
      { encoding: "text", value: "{{a}}" },
    ],
  ])("has %j for a body as %j", (written, same) => {
    const source = { method: "POST", input: [{ name: "a", type: "String" }] };
    const { body } = operationOf("make", { ...source, body: written });
    expect(body).toEqual(operationOf("make", { ...source, body: same }).body);
  });

  it("has a body of every input that stands nowhere else, unless it says another", () => {
    const source = {
      method: "POST",
      path: { value: "/{{a}}", placeholders: [{ name: "a", type: "String", required: true }] },
      queryParams: { b: { value: "{{b}}" } },
      headers: { "x-c": { value: "{{c}}" } },
      input: ["b", "c", "d", "e"].map((name) => ({ name, type: "String" })),
    };
    expect(operationOf("make", { ...source, body: { encoding: "json" } }).body).toEqual({
      encoding: "json",
      form: "tree",
      value: { d: { $param: "d" }, e: { $param: "e" } },
      passthrough: false,
    });
    const said = { encoding: "json", value: { x: { $param: "d" } }, passthrough: true };
    expect(operationOf("make", { ...source, body: said }).body).toEqual({ ...said, form: "tree" });
    expect(operationOf("make", source).body).toBeNull();
  });

  it("lists by its name, or because it says where its records stand", () => {
    expect(operationOf("list", { method: "GET" }).response).toMatchObject({ records: ["data"], rootArray: true });
    expect(operationOf("search", { method: "GET", response: { records: [] } }).response).toMatchObject({
      records: [],
      rootArray: false,
    });
    expect(operationOf("find", { method: "GET" }).response).toMatchObject({ type: "json", records: null });
    expect(operationOf("find", { method: "GET" }).pagination).toEqual({ style: "none", reason: null });
  });

  it("takes over and overrides what its service says of time, retries and errors", () => {
    const service = {
      timeout: "30s",
      retry: { max: 5, base: "1s" },
      errors: { envelope: { type: ["code"] }, notFound: [404, 410] },
    };
    const plain = operationOf("read", { method: "GET" }, service);
    expect(plain).toMatchObject({
      timeoutMs: 30_000,
      retry: { max: 5, baseMs: 1_000, capMs: 8_000 },
      errors: { type: ["code"], notFound: [404, 410] },
    });
    const own = { method: "GET", timeout: "2m", retry: { max: 0 }, errors: { envelope: { message: ["detail"] } } };
    expect(operationOf("read", own, service)).toMatchObject({
      timeoutMs: 120_000,
      retry: { max: 0, baseMs: 1_000 },
      errors: { type: ["code"], message: ["detail"], notFound: [404, 410] },
    });
  });

  it("is not sent again when its method is not among those that are", () => {
    const service = { retry: { max: 3, methods: ["GET"] } };
    expect(operationOf("read", { method: "GET" }, service).retry.max).toBe(3);
    expect(operationOf("create", { method: "POST" }, service).retry.max).toBe(0);
    expect(operationOf("create", { method: "POST", retry: { methods: ["POST"] } }, service).retry.max).toBe(3);
  });

  it("uses its own credential, its resource's, or the default", () => {
    const service = { auths: { admin: { method: "bearer", optional: true, fields: [{ name: "k" }] } } };
    const of = (parts: Part, own: Part): string | undefined =>
      linted(connectorJson({ service }), resourceJson({ ...parts, operations: { find: { method: "GET", ...own } } }))
        .connector.resources[0]?.operations.find?.auth;
    expect(of({}, {})).toBe("default");
    expect(of({ auth: "admin" }, {})).toBe("admin");
    expect(of({ auth: "admin" }, { auth: "default" })).toBe("default");
  });

  it("is paged as one of the connector's own ways, by name", () => {
    const paginations = { tokens: { style: "cursor", param: "t", next: ["next"], maxPages: 7 } };
    const list = { method: "GET", pagination: "tokens" };
    const { connector } = linted(connectorJson({ paginations }), resourceJson({ operations: { list } }));
    expect(connector.resources[0]?.operations.list?.pagination).toEqual({
      style: "cursor",
      param: "t",
      in: "query",
      next: ["next"],
      hasMore: null,
      limit: null,
      maxPages: 7,
    });
  });
});

describe("events and pollers", () => {
  it("have an address and a payload of the resource's fields by default", () => {
    const [event] = resourceOf({ webhooks: [{ event: "things.created" }] }).events;
    expect(event).toMatchObject({
      path: "/webhooks/acme/things.created",
      source: { type: "poll", poller: "main", on: { change: "added" } },
    });
    expect(event?.payload.map((field) => field.name)).toEqual(["id", "name"]);
    expect(event?.sample).toEqual({ id: "thing_1", name: "A thing" });
  });

  it.each([
    ["things.updated", { change: "changed" }],
    ["things.removed", { change: "removed" }],
    ["things.ended", { becomes: { field: ["processing_status"], equals: "ended" }, once: true, unseen: "emit" }],
  ])("%s comes of a sweep", (event, on) => {
    expect(resourceOf({ webhooks: [{ event }] }).events[0]?.source).toEqual({ type: "poll", poller: "main", on });
  });

  it("of a resource without a list come of its operations", () => {
    const { connector } = linted(connectorJson(), {
      handle: "notes",
      endpoint: { value: "/notes" },
      operations: { create: { method: "POST" }, delete: { method: "DELETE" } },
      webhooks: [{ event: "notes.created" }, { event: "notes.deleted" }],
    });
    expect(connector.resources[0]?.events.map((e) => e.source)).toEqual([
      { type: "action", operation: "create" },
      { type: "action", operation: "delete" },
    ]);
    expect(connector.resources[0]?.pollers).toEqual({});
  });

  it("have no poller that nothing needs", () => {
    expect(resourceOf({}).pollers).toEqual({});
    expect(Object.keys(resourceOf({ webhooks: [{ event: "things.created" }] }).pollers)).toEqual(["main"]);
  });

  it("tell records apart by the resource's key, or by one of their own", () => {
    const pollers = { main: { operation: "list" }, names: { operation: "list", key: ["name"] } };
    const keysOf = (part: object) => Object.values(resourceOf({ pollers, ...part }).pollers).map(({ key }) => key);
    expect(keysOf({})).toEqual([["id"], ["name"]]);
    expect(keysOf({ key: ["uid"] })).toEqual([["uid"], ["name"]]);
  });

  it("confirm a removal by `read` and what it calls not found, where there is one", () => {
    const webhooks = [{ event: "things.deleted" }];
    const read = {
      method: "GET",
      path: { value: "/{{id}}", placeholders: [{ name: "id", type: "String", required: true }] },
      errors: { notFound: [404, 410] },
    };
    expect(resourceOf({ webhooks, operations: { read } }).pollers.main?.absent).toEqual({
      polls: 2,
      confirm: "read",
      maxFraction: 0.5,
      notFound: [404, 410],
    });
    expect(resourceOf({ webhooks, operations: { read: undefined } }).pollers.main?.absent.confirm).toBeNull();
  });

  it("run by a period or by cron", () => {
    const schedules = {
      a: { every: "90s" },
      b: { cron: "0 8 * * 1", timezone: "Europe/Berlin" },
      c: { cron: "*/5 * * * *" },
    };
    const pollers = Object.fromEntries(
      Object.entries(schedules).map(([name, schedule]) => [name, { operation: "list", schedule }]),
    );
    expect(Object.values(resourceOf({ pollers }).pollers).map((poller) => poller.schedule)).toEqual([
      { everyMs: 90_000, whileOpenMs: null, unwatchedMs: 450_000 },
      { cron: "0 8 * * 1", timezone: "Europe/Berlin", whileOpenMs: null, unwatchedMs: null },
      { cron: "*/5 * * * *", timezone: "UTC", whileOpenMs: null, unwatchedMs: null },
    ]);
  });
});
