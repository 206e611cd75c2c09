import { describe, expect, it } from "vitest";
import { RULES } from "../../src/manifest/lint.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { connectorJson, linted, manifest, resourceJson, thrownBy } from "./written.ts";

type Part = Record<string, unknown>;

const ID = { $param: "id" };

/** Users of the unified directory, so mapped; their id is right where no fields are given. */
function users(operations: Part, fields: Part = { id: ["id"] }, records?: Part[]): Part {
  return { unified: { "user-directory": { users: { operations, fields, records } } } };
}

/** A poller of the lists of each thing. */
const EACH = { operation: "list", forEach: { operation: "things.list", input: { page: ["id"] } } };

/** For each rule: parts that break it, each with the text at the place that is named. The same base without them breaks none. */
const BREAKS: Record<string, { service?: Part; connector?: Part; resource?: Part; says: string }[]> = {
  "dangling-reference": [
    { service: { probe: { operation: "things.lst" } }, says: 'There is no operation "things.lst".' },
    { resource: { auth: "admin" }, says: 'There is no credential "admin".' },
    { resource: { parent: "boxes" }, says: 'There is no resource "boxes".' },
    { resource: { operations: { find: op({ pagination: "pages" }) } }, says: 'There is no pagination "pages".' },
    { resource: { operations: { find: op({ auth: "admin" }) } }, says: 'There is no credential "admin".' },
    {
      resource: { operations: { find: query({ name: "kind", type: "String", options: "kinds.list" }) } },
      says: 'There is no operation "kinds.list".',
    },
    {
      resource: {
        operations: { make: op({ method: "POST", body: { encoding: "json", value: { a: [{ $param: "nope" }] } } }) },
      },
      says: 'There is no input "nope".',
    },
    {
      resource: {
        operations: {
          make: op({ method: "POST", body: { encoding: "multipart", parts: [{ name: "f", param: "file" }] } }),
        },
      },
      says: 'There is no input "file".',
    },
    { resource: { pollers: { main: { operation: "lists" } } }, says: 'There is no operation "lists".' },
    {
      resource: { pollers: { main: { operation: "list", absent: { confirm: "get" } } } },
      says: 'There is no operation "get".',
    },
    {
      resource: { pollers: { main: { operation: "list", input: { state: "x" } } } },
      says: 'There is no input "state".',
    },
    {
      resource: { pollers: { main: { operation: "list", fingerprint: { include: ["naem"] } } } },
      says: 'There is no field "naem".',
    },
    {
      resource: event({ source: { type: "poll", poller: "mian", on: { change: "added" } } }),
      says: 'There is no poller "mian".',
    },
    { resource: event({ source: { type: "action", operation: "create" } }), says: 'There is no operation "create".' },
    {
      resource: { operations: { find: op({ aliases: [{ name: "f", input: { nmae: { $param: "id" } } }] }) } },
      says: 'There is no input "nmae".',
    },
    {
      resource: { pollers: { main: { ...EACH, forEach: { operation: "boxes.list", input: { limit: ["id"] } } } } },
      says: 'There is no operation "boxes.list".',
    },
    {
      resource: { pollers: { main: { ...EACH, forEach: { operation: "things.list", input: { box: ["id"] } } } } },
      says: 'There is no input "box".',
    },
  ],
  "not-a-list": [{ resource: { pollers: { main: { operation: "read", input: {} } } }, says: "gives one record" }],
  "confirm-input": [
    { resource: { pollers: { main: { operation: "list", absent: { confirm: "list" } } } }, says: "one required input" },
  ],
  "parent-loop": [{ resource: { parent: "things" }, says: '"things" stands below itself' }],
  "for-each": [
    {
      resource: { pollers: { main: { ...EACH, mode: "head" } } },
      says: "have no head",
    },
    {
      resource: { pollers: { main: { ...EACH, forEach: { operation: "things.read", input: { page: ["id"] } } } } },
      says: "gives one record",
    },
  ],
  "async-operation": [
    { resource: awaited({ read: "raed" }), says: 'There is no operation "raed".' },
    { resource: awaited({ results: "none" }), says: 'There is no operation "none".' },
    { resource: awaited({ cancel: "list" }), says: "one required input" },
    { resource: awaited({ cancel: "stream" }), says: "does not answer with one record" },
    { resource: awaited({ failed: ["bad", "ok"] }), says: "under `done` and under `failed`" },
    { resource: awaited({}, { response: { type: "jsonl" } }), says: "not one record" },
    { resource: awaited({}, { response: { records: ["data"] }, pagination: "x" }), says: "not one record" },
  ],
  "page-in-body": [
    {
      resource: { operations: { find: op({ pagination: { style: "cursor", param: "p", in: "body", next: ["n"] } }) } },
      says: "no `json` or `form` body",
    },
  ],
  "unknown-credential-field": [
    {
      service: {
        auth: { method: "oauth2_client_credentials", tokenUrl: "/token", fields: [{ name: "clientId" }] },
      },
      says: 'no field "clientSecret"',
    },
    {
      service: {
        auth: {
          method: "session_token",
          login: { method: "POST", path: "/login", body: { who: { $param: "usr" } } },
          token: ["token"],
          fields: [{ name: "user" }],
        },
      },
      says: 'no field "usr"',
    },
  ],
  "unusable-param": [
    { resource: { operations: { find: query({ name: "q", type: "Integer", default: "ten" }) } }, says: "The default" },
    {
      resource: { operations: { find: query({ name: "q", type: "String", pattern: "(" }) } },
      says: "regular expression",
    },
    {
      service: {
        params: [{ name: "q", type: "String", enum: ["a"], default: "b" }],
        headers: { "x-q": { value: "{{q}}" } },
      },
      says: 'expected one of "a"',
    },
  ],
  "conflicting-inputs": [
    {
      resource: {
        operations: {
          get: op({
            path: { value: "/{{id}}", placeholders: [{ name: "id", type: "String", required: true }] },
            input: [{ name: "id", type: "Integer" }],
          }),
        },
      },
      says: '"id" is declared before',
    },
  ],
  template: [
    { resource: { operations: { get: op({ path: { value: "/{{id" } }) } }, says: "not closed" },
    { resource: { operations: { make: op({ method: "POST", bodyTemplate: { value: '{"a": }' } }) } }, says: "1:7" },
  ],
  "undeclared-placeholder": [
    { resource: { operations: { get: op({ path: { value: "/{{id}}" } }) } }, says: '"id" is not declared' },
    { service: { headers: { "x-tenant": { value: "{{tenant}}" } } }, says: '"tenant" is not declared' },
    {
      service: { auth: { method: "api_token", name: "x-key", value: "{{apiKei}}", fields: [{ name: "apiKey" }] } },
      says: '"apiKei" is not declared',
    },
    {
      service: { auth: { method: "oauth2_client_credentials", tokenUrl: "https://{{tenant}}.example/token" } },
      says: '"tenant" is not declared',
    },
    {
      resource: { operations: { make: op({ method: "POST", bodyTemplate: { value: '{"a": {{b}}}' } }) } },
      says: '"b" is not declared',
    },
    { resource: { operations: { find: op({ queryParams: { q: { value: "{{q}}" } } }) } }, says: '"q" is not declared' },
  ],
  "unused-placeholder": [
    { resource: { operations: { find: op({ input: [{ name: "q", type: "String" }] }) } }, says: '"q" is used nowhere' },
    { service: { params: [{ name: "tenant", type: "String" }] }, says: '"tenant" is used nowhere' },
  ],
  "brace-after-placeholder": [
    {
      resource: {
        operations: {
          make: op({
            method: "POST",
            bodyTemplate: { value: '{"a": {{a}}}', placeholders: [{ name: "a", type: "Integer" }] },
          }),
        },
      },
      says: "`}}}`",
    },
  ],
  "credential-in-headers": [
    {
      service: {
        headers: { "X-Key": { value: "{{apiKey}}" } },
        auth: {
          method: "api_token",
          params: { apiToken: { token: { value: "{{apiKey}}" }, headerName: { value: "x-key" } } },
        },
      },
      says: '"X-Key"',
    },
  ],
  "secret-not-marked": [
    {
      service: { auth: { method: "bearer", fields: [{ name: "apiKey", secret: false }] } },
      says: '"apiKey" looks like a secret',
    },
    {
      service: {
        params: [{ name: "client_secret", type: "String" }],
        headers: { "x-s": { value: "{{client_secret}}" } },
      },
      says: '"client_secret" looks',
    },
  ],
  "base-url": [
    { service: { baseURL: { value: "api.acme.example" } }, says: "is not an http or https URL" },
    { service: { protocol: "http" }, says: "not of the protocol `http`" },
  ],
  "link-selector": [
    {
      resource: { fields: [{ ...field("url"), link: true, alternatives: [["urls", "[kind=main]", "href"]] }] },
      says: 'The link "url"',
    },
    {
      resource: {
        fields: [
          {
            ...field("files"),
            type: "Array",
            fields: [{ ...field("href"), link: true, selector: ["[a!=b]", "href"] }],
          },
        ],
      },
      says: 'The link "href"',
    },
  ],
  "host-not-allowed": [
    { service: { allowedHosts: ["files.acme.example"] }, says: "api.acme.example" },
    {
      resource: {
        fields: [{ name: "url", type: "String", selector: ["url"], link: true }],
        sample: { url: "https://cdn.example/x" },
      },
      says: "cdn.example",
    },
  ],
  "duplicate-name": [
    { resource: { fields: [field("a"), field("a")], sample: { a: 1 } }, says: 'the name "a"' },
    { resource: event({ payload: [field("id"), field("id")] }), says: 'the name "id"' },
    { resource: { operations: { find: op({ aliases: ["things.read"] }) } }, says: 'alias "things.read"' },
    { resource: { operations: { a: op({ aliases: ["x"] }), b: op({ aliases: ["x"] }) } }, says: 'alias "x"' },
  ],
  "list-without-pagination": [
    { resource: { operations: { list: { method: "GET" } } }, says: "common styles" },
    { resource: { operations: { list: { method: "GET", pagination: { style: "none" } } } }, says: "but not why" },
  ],
  "effect-method": [
    {
      resource: { operations: { delete: op({ method: "POST", path: { value: "/all/cancel" } }) } },
      says: "ends in /cancel",
    },
    { resource: { operations: { delete: op({ method: "POST" }) } }, says: "it is a POST." },
    { resource: { operations: { wipe: op({ method: "DELETE", effect: "none" }) } }, says: "is a DELETE" },
    { resource: { operations: { find: op({ effect: "update" }) } }, says: "only reads" },
  ],
  "retried-post": [
    { resource: { operations: { create: op({ method: "POST", retry: { max: 3 } }) } }, says: "not idempotent" },
    {
      service: { retry: { methods: ["GET", "POST"] } },
      resource: { operations: { create: op({ method: "POST" }) } },
      says: "not idempotent",
    },
  ],
  "event-source": [{ resource: { webhooks: [{ event: "things.moved" }] }, says: 'where "things.moved" comes from' }],
  "duplicate-event": [
    {
      resource: { webhooks: [{ event: "things.created" }, { event: "things.created" }] },
      says: 'the name "things.created"',
    },
    {
      resource: {
        webhooks: [
          { event: "things.created", path: "/webhooks/a/b" },
          { event: "things.deleted", path: "/webhooks/a/b" },
        ],
      },
      says: 'the path "/webhooks/a/b"',
    },
  ],
  schedule: [
    { resource: { pollers: { main: { operation: "list", schedule: { cron: "61 * * * *" } } } }, says: "never be kept" },
    {
      resource: { pollers: { main: { operation: "list", schedule: { cron: "* * * * *", timezone: "Mars/Base" } } } },
      says: "never be kept",
    },
    { resource: { pollers: { main: { operation: "list", schedule: { every: "0s" } } } }, says: "never be kept" },
  ],
  "inbound-verification": [
    { resource: event({ source: { type: "inbound" } }), says: 'how "things.created" is verified' },
    {
      service: { inbound: { verify: "standard-webhooks" } },
      resource: event({ source: { type: "inbound", verify: hmac() } }),
      says: "in another way than the rest",
    },
    {
      resource: event({ source: { type: "inbound", verify: hmac({ signs: "{{time}}.{{body}}" }) } }),
      says: "else than",
    },
    { service: { inbound: { verify: hmac({ signs: "v0" }) } }, says: "the body once" },
    { service: { inbound: { verify: hmac({ timestamp: { header: "x-time" } }) } }, says: "not signed proves nothing" },
    { service: { inbound: { verify: hmac({ signs: "{{timestamp}}.{{body}}" }) } }, says: "must come from somewhere" },
    { service: { inbound: { verify: hmac({ signs: "{{id}}.{{body}}" }) } }, says: "`id` is no header" },
  ],
  "duplicate-inbound": [
    {
      service: { inbound: { verify: "standard-webhooks" } },
      resource: {
        webhooks: [
          { event: "thing.moved", source: { type: "inbound" } },
          { event: "things.moved", source: { type: "inbound", event: "thing.moved" } },
        ],
      },
      says: `takes the provider's "thing.moved" already`,
    },
  ],
  "event-prefix": [{ resource: { webhooks: [{ event: "thing.created" }] }, says: "not named after its resource" }],
  "removal-without-proof": [
    {
      resource: {
        webhooks: [{ event: "things.deleted" }],
        operations: { list: { method: "GET", pagination: { style: "none" } } },
      },
      says: "no pagination",
    },
    { resource: { webhooks: [{ event: "things.deleted" }], fields: [field("name")] }, says: "no `key`" },
    {
      resource: { webhooks: [{ event: "things.deleted" }], operations: { read: undefined } },
      says: "no operation reads one item",
    },
  ],
  "poller-needs-optional-credential": [
    {
      service: { auths: { admin: { method: "bearer", fields: [{ name: "adminKey" }] } } },
      resource: { auth: "admin", pollers: { main: { operation: "list" } } },
      says: 'the credential "admin"',
    },
  ],
  "unified-reference": [
    { connector: users({ list: { operation: "things.lst" } }), says: 'Did you mean "things.list"?' },
    { connector: users({ get: { operation: "things.read", input: { id: ID } } }), says: 'There is no input "id".' },
    {
      connector: users({ get: { operation: "things.read", input: { thing_id: { $param: "email" } } } }),
      says: 'no name in a request to get users, "email"',
    },
    {
      connector: users({ list: { operation: "things.list", when: { not: { field: ["emial"], equals: "x" } } } }),
      says: 'Did you mean "email"?',
    },
  ],
  "unified-mapping": [
    { connector: users({}), says: '"users" maps nothing' },
    { connector: users({ list: { operation: "things.list" } }, {}), says: 'no field "id"' },
    { connector: users({ list: { operation: "things.list" } }, { id: ["id"] }, [{ id: "a" }]), says: "the whole list" },
    { connector: users({ get: { operation: "things.read" } }), says: '"things.read" requires "thing_id"' },
    { connector: users({ list: [{ operation: "things.read", input: { thing_id: "x" } }] }), says: "gives one record" },
    { connector: users({ get: { operation: "things.list" } }), says: "gives a list" },
    {
      connector: users({ get: { operation: "things.make" } }),
      resource: { operations: { make: op({ method: "POST" }) } },
      says: '"things.make" changes something',
    },
    {
      connector: users({ create: { operation: "things.make", reread: true } }),
      resource: { operations: { make: op({ method: "POST" }) } },
      says: "needs a `get`",
    },
    {
      connector: users({ get: { operation: "things.read", input: { thing_id: ID }, reread: true } }),
      says: "no meaning for `get`",
    },
    {
      connector: users(
        { list: { operation: "things.list" } },
        { status: { selector: ["s"], values: { on: "aktive" } } },
      ),
      says: '"aktive" is no value of "status"',
    },
    {
      connector: users({ list: { operation: "things.list" } }, { status: { cases: [{ value: "on" }] } }),
      says: 'Its values are "active"',
    },
  ],
  "unified-finds-nothing": [
    { connector: users({ list: { operation: "things.list" } }, { email: ["mail"] }), says: '"email" is found in no' },
    { connector: users({ list: { operation: "things.list" } }, { name: { join: [["first"]] } }), says: '"name"' },
  ],
  "operation-without-sample": [
    { resource: { sample: undefined }, says: '"read" has no sample' },
    { resource: { operations: { count: op({ output: { type: "object" } }) } }, says: '"count" has no sample' },
  ],
  "selector-finds-nothing": [
    { resource: { fields: [field("titel")] }, says: '"titel" (["titel"]) finds nothing' },
    { resource: event({ payload: [field("nmae")] }), says: '"nmae"' },
  ],
  "records-not-found": [
    {
      resource: {
        operations: {
          list: {
            method: "GET",
            response: { records: ["items"] },
            pagination: { style: "none", reason: "short" },
            sample: { data: [] },
          },
        },
      },
      says: '["items"]',
    },
  ],
};

describe("lint", () => {
  it("has a case for every rule", () => {
    expect(Object.keys(BREAKS).sort()).toEqual(RULES.map((rule) => rule.id).sort());
  });

  it("finds nothing in a manifest that is right in every point", () => {
    const right = resourceJson({
      webhooks: [{ event: "things.created" }, { event: "things.deleted" }],
      operations: {
        create: {
          method: "POST",
          input: [{ name: "name", type: "String", required: true }],
          body: { encoding: "json" },
          aliases: ["make_thing"],
        },
      },
    });
    expect(linted(connectorJson(), right).findings).toEqual([]);
  });

  const cases = Object.entries(BREAKS).flatMap(([id, breaks]) =>
    breaks.map((parts) => [id, parts.says, parts] as const),
  );
  it.each(cases)("%s: %s", (id, says, { service = {}, connector = {}, resource = {} }) => {
    const { findings } = linted(connectorJson({ ...connector, service }), resourceJson(resource));
    const found = findings.filter((finding) => finding.id === id);
    expect(found.map((f) => `${f.message} ${f.mend}`).join("\n")).toContain(says);
    for (const { at, mend } of found) {
      expect(at).toMatch(/(connector|resources\/all)\.json:\d+:\d+$/);
      expect(mend).not.toBe("");
    }
  });

  it("takes a poller's own key for what proves a removal, where the resource has none", () => {
    const own = resourceJson({
      webhooks: [{ event: "things.deleted" }],
      fields: [{ name: "name", type: "String", selector: ["name"] }],
      pollers: { main: { operation: "list", key: ["name"] } },
    });
    expect(linted(connectorJson(), own).findings).toEqual([]);
  });

  it("takes the provider's own names for what comes in", () => {
    const connector = connectorJson({ service: { inbound: { verify: "standard-webhooks" } } });
    const moved = { event: "thing.moved", source: { type: "inbound" } };
    expect(linted(connector, resourceJson({ webhooks: [moved] })).findings).toEqual([]);
  });

  it("lets a manifest with warnings load, and tells them; one with an error it keeps from loading", () => {
    const warned = loadConnector(manifest(connectorJson(), resourceJson({ operations: { list: { method: "GET" } } })));
    expect(warned.findings.map((f) => f.id)).toEqual(["list-without-pagination"]);
    const error = thrownBy(() => loadConnector(manifest(connectorJson(), resourceJson({ auth: "admin" }))));
    expect(error.errors.map((e) => e.code)).toContain("dangling-reference");
  });

  it("names the place of the thing itself", () => {
    const resource = resourceJson({ handle: "boxes", auth: "admin" });
    const { findings } = linted(connectorJson(), resourceJson(), resource);
    const lines = JSON.stringify([resourceJson(), resource], null, 2).split("\n");
    const at = findings.find((f) => f.id === "dangling-reference")?.at ?? "";
    const [line, column] = at.split(":").slice(-2).map(Number) as [number, number];
    expect(lines[line - 1]?.slice(column - 1)).toBe('"auth": "admin"');
  });
});

describe("what may look wrong but is right", () => {
  it.each([
    ["a POST that only reads", op({ method: "POST", kind: "query", effect: "none" })],
    ["a POST that cancels", op({ method: "POST", path: { value: "/now/cancel" }, effect: "cancel" })],
    [
      "inputs that a body passes through",
      op({ method: "POST", input: [{ name: "a", type: "String" }], body: { encoding: "json", passthrough: true } }),
    ],
    ["retries of a POST that is idempotent", op({ method: "POST", idempotent: true, retry: { max: 3 } })],
    [
      "a list without pages, with a reason",
      op({ response: { records: ["data"] }, pagination: { style: "none", reason: "at most ten" } }),
    ],
    ["bytes without a sample", op({ response: { type: "binary" }, output: { type: "string" } })],
  ])("%s", (_, operation) => {
    expect(linted(connectorJson(), resourceJson({ operations: { other: operation } })).findings).toEqual([]);
  });

  it("a field that may be missing, or that another selector finds", () => {
    const fields = [{ ...field("gone"), nullable: true }, { ...field("title"), alternatives: [["name"]] }, field("id")];
    expect(linted(connectorJson(), resourceJson({ fields })).findings).toEqual([]);
  });

  it("a removal confirmed by an operation whose key stands in its path, not said to be required", () => {
    const read = { method: "GET", path: { value: "/{{id}}", placeholders: [{ name: "id", type: "String" }] } };
    const pollers = { main: { operation: "list" } };
    expect(linted(connectorJson(), resourceJson({ operations: { read }, pollers })).findings).toEqual([]);
  });

  it("a null in the sample", () => {
    expect(linted(connectorJson(), resourceJson({ sample: { id: "1", name: null } })).findings).toEqual([]);
  });
});

function op(parts: Part): Part {
  return { method: "GET", ...parts };
}

function query(param: Part): Part {
  return op({ input: [param], queryParams: { q: { value: `{{${String(param.name)}}}` } } });
}

/** An operation that is awaited. */
function awaited(rule: Part, parts: Part = {}): Part {
  const make = op({ method: "POST", async: { read: "read", field: ["s"], done: ["ok"], ...rule }, ...parts });
  const path = { value: "/{{id}}", placeholders: [{ name: "id", type: "String", required: true }] };
  return { operations: { make, stream: { method: "GET", path, response: { type: "jsonl" } } } };
}

function event(parts: Part): Part {
  return { webhooks: [{ event: "things.created", ...parts }] };
}

/** How what comes in is signed. */
function hmac(parts: Part = {}): Part {
  return { hmac: { header: "x-signature", algorithm: "sha256", ...parts } };
}

function field(name: string): Part {
  return { name, type: "String", selector: [name] };
}
