import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { Field, Operation, Resource } from "../../src/manifest/connector.ts";
import { compileFields } from "../../src/manifest/fields.ts";
import { checkInput } from "../../src/manifest/inputs.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { outputSchema, sampleOutput } from "../../src/manifest/outputs.ts";
import { compilePayload } from "../../src/manifest/payload.ts";
import {
  credentialFieldsOf,
  eventsOf,
  findEvent,
  findOperation,
  inboundEvent,
  operationsOf,
  pollersOf,
} from "../../src/manifest/triggers.ts";
import { WEBHOOK_TYPES } from "../../src/sandbox/webhook-types.ts";
import { fixture } from "../support/fixture.ts";

const { connector, findings } = loadConnector("connector.json");
const seed = loadConnector("test/fixtures/seed/connector.json").connector;

function resource(handle: string): Resource {
  const found = connector.resources.find((r) => r.handle === handle);
  if (!found) throw new Error(`no resource ${handle}`);
  return found;
}

function operation(id: string): Operation {
  const found = findOperation(connector, id);
  if (!found) throw new Error(`no operation ${id}`);
  return found.operation;
}

/** The API as of November 2026: what a workspace's key may do, and what needs the Admin key. */
const API: Record<string, string> = {
  "messages.list": "GET /messages",
  "messages.create": "POST /messages",
  "messages.count_tokens": "POST /messages/count_tokens",
  "message_batches.create": "POST /messages/batches",
  "message_batches.list": "GET /messages/batches",
  "message_batches.read": "GET /messages/batches/{{batch_id}}",
  "message_batches.results": "GET /messages/batches/{{batch_id}}/results",
  "message_batches.cancel": "POST /messages/batches/{{batch_id}}/cancel",
  "message_batches.delete": "DELETE /messages/batches/{{batch_id}}",
  "models.list": "GET /models",
  "models.read": "GET /models/{{model_id}}",
  "files.upload": "POST /files",
  "files.list": "GET /files",
  "files.read": "GET /files/{{file_id}}",
  "files.download": "GET /files/{{file_id}}/content",
  "files.delete": "DELETE /files/{{file_id}}",
  "skills.create": "POST /skills",
  "skills.list": "GET /skills",
  "skills.read": "GET /skills/{{skill_id}}",
  "skills.delete": "DELETE /skills/{{skill_id}}",
  "skill_versions.create": "POST /skills/{{skill_id}}/versions",
  "skill_versions.list": "GET /skills/{{skill_id}}/versions",
  "skill_versions.read": "GET /skills/{{skill_id}}/versions/{{version}}",
  "skill_versions.download": "GET /skills/{{skill_id}}/versions/{{version}}/content",
  "skill_versions.delete": "DELETE /skills/{{skill_id}}/versions/{{version}}",
  "prompt_tools.generate": "POST /experimental/generate_prompt",
  "prompt_tools.improve": "POST /experimental/improve_prompt",
  "prompt_tools.templatize": "POST /experimental/templatize_prompt",
};
const ADMIN_API: Record<string, string> = {
  "organization.read": "GET /organizations/me",
  "users.list": "GET /organizations/users",
  "users.read": "GET /organizations/users/{{user_id}}",
  "users.update": "POST /organizations/users/{{user_id}}",
  "users.delete": "DELETE /organizations/users/{{user_id}}",
  "users.sign_out": "POST /organizations/users/{{user_id}}/sign_out",
  "invites.list": "GET /organizations/invites",
  "invites.read": "GET /organizations/invites/{{invite_id}}",
  "invites.create": "POST /organizations/invites",
  "invites.delete": "DELETE /organizations/invites/{{invite_id}}",
  "workspaces.list": "GET /organizations/workspaces",
  "workspaces.read": "GET /organizations/workspaces/{{workspace_id}}",
  "workspaces.create": "POST /organizations/workspaces",
  "workspaces.update": "POST /organizations/workspaces/{{workspace_id}}",
  "workspaces.archive": "POST /organizations/workspaces/{{workspace_id}}/archive",
  "workspace_members.list": "GET /organizations/workspaces/{{workspace_id}}/members",
  "workspace_members.read": "GET /organizations/workspaces/{{workspace_id}}/members/{{user_id}}",
  "workspace_members.create": "POST /organizations/workspaces/{{workspace_id}}/members",
  "workspace_members.update": "POST /organizations/workspaces/{{workspace_id}}/members/{{user_id}}",
  "workspace_members.delete": "DELETE /organizations/workspaces/{{workspace_id}}/members/{{user_id}}",
  "api_keys.list": "GET /organizations/api_keys",
  "api_keys.read": "GET /organizations/api_keys/{{api_key_id}}",
  "api_keys.update": "POST /organizations/api_keys/{{api_key_id}}",
  "rate_limits.list": "GET /organizations/rate_limits",
  "workspace_rate_limits.list": "GET /organizations/workspaces/{{workspace_id}}/rate_limits",
  "workspace_rate_limits.update": "POST /organizations/workspaces/{{workspace_id}}/rate_limits/{{rate_limit_id}}",
  "usage_reports.list": "GET /organizations/usage_report/messages",
  "cost_reports.list": "GET /organizations/cost_report",
  "claude_code_usage.list": "GET /organizations/usage_report/claude_code",
};

function callsWith(auth: string): Record<string, string> {
  const calls = operationsOf(connector).filter(({ operation: o }) => o.auth === auth);
  return Object.fromEntries(calls.map(({ resource: r, operation: o }) => [o.id, `${o.method} ${r.endpoint}${o.path}`]));
}

function described(fields: Field[], at: string): void {
  for (const field of fields) {
    expect(field.description, `${at}.${field.name}`).not.toBe("");
    described(field.fields ?? [], `${at}.${field.name}`);
  }
}

describe("the shipped connector", () => {
  it("is lint-clean", () => {
    expect(findings).toEqual([]);
  });

  it("has every operation of the API with its method and path", () => {
    expect(callsWith("default")).toEqual(API);
  });

  it("uses the Admin key for the organization's own operations, and for nothing else", () => {
    expect(callsWith("admin")).toEqual(ADMIN_API);
    for (const call of Object.values(ADMIN_API)) expect(call).toContain(" /organizations/");
    for (const call of Object.values(API)) expect(call).not.toContain("/organizations");
    expect(pollersOf(connector).filter(({ resource: r }) => r.auth !== "default")).toEqual([]);
  });

  it("takes beta features for each call, beside the connection's own", () => {
    for (const { operation: o } of operationsOf(connector))
      expect(
        o.inputs.find(({ name }) => name === "betas"),
        o.id,
      ).toMatchObject({ type: "Array", items: "String" });
  });

  it("says of what the API cannot do, or does no more, why and what to do instead", () => {
    expect(operation("messages.list").unsupported).toMatch(/message_batches\.list.*messages\.created/);
    const deprecated = operationsOf(connector).filter(({ operation: o }) => o.deprecated !== null);
    expect(deprecated.map(({ resource: r }) => r.handle)).toEqual(["prompt_tools", "prompt_tools", "prompt_tools"]);
    // Nothing keeps a call from the API's own error, whatever shape it has.
    for (const { operation: o } of deprecated) expect(checkInput(o, { concept: "x" })).toEqual({ concept: "x" });
  });

  it("answers to the seed's name for each, but for the `delete` that was a cancel", () => {
    for (const { operation: old, resource: r } of operationsOf(seed)) {
      const now = operation(old.id === "message_batches.delete" ? "message_batches.cancel" : old.id);
      expect(`${now.method} ${r.endpoint}${now.path}`).toBe(`${old.method} ${r.endpoint}${old.path}`);
    }
  });

  it.each([
    "create_message",
    "list_models",
    "get_file",
    "list_all_anthropic_message_batches",
    "anthropic_files_download",
  ])("answers to %s as other catalogues call it", (alias) => {
    expect(findOperation(connector, alias)).not.toBeNull();
  });

  it("has the seed's eight events at the seed's addresses, beside those that the API itself sends", () => {
    const addresses = (c: typeof connector): string[] =>
      eventsOf(c)
        .filter(({ event }) => event.source.type !== "inbound")
        .map(({ event }) => event.path)
        .sort();
    expect(addresses(connector)).toEqual(addresses(seed));
    expect(addresses(connector)).toHaveLength(8);
  });

  it("has every webhook that the API sends by the API's own name, and one for those to come", () => {
    const inbound = eventsOf(connector).filter(({ event }) => event.source.type === "inbound");
    expect(inbound.map(({ event }) => event.type).sort()).toEqual([...WEBHOOK_TYPES, "other_events.received"].sort());
    for (const type of WEBHOOK_TYPES) {
      expect(inboundEvent(connector, type)?.event.type).toBe(type);
      expect(findEvent(connector, type)?.event.sample).toMatchObject({ type });
    }
    expect(inboundEvent(connector, "session.new_kind")?.event.type).toBe("other_events.received");
  });

  it("carries every field of the seed by its name, in records and in events, but for those the API has not", () => {
    const unknownToTheApi = ["files.purpose", "skills.description"];
    const kept = (handle: string, old: Field[], now: Field[]): void => {
      const names = new Set(now.map((field) => field.name));
      const missing = old.filter((f) => !names.has(f.name)).map((f) => `${handle}.${f.name}`);
      expect(missing.filter((name) => !unknownToTheApi.includes(name))).toEqual([]);
    };
    for (const old of seed.resources) {
      kept(old.handle, old.fields, resource(old.handle).fields);
      for (const event of old.events)
        kept(old.handle, event.payload, findEvent(connector, event.type)?.event.payload ?? []);
    }
  });

  it("describes everything that a person may read or fill in", () => {
    for (const { operation: o } of operationsOf(connector)) {
      expect(o.description, o.id).not.toBe("");
      for (const input of o.inputs) expect(input.description, `${o.id} ${input.name}`).not.toBe("");
    }
    for (const r of connector.resources) described(r.fields, r.handle);
    for (const { event } of eventsOf(connector)) {
      expect(event.description, event.type).not.toBe("");
      expect(event.sample, event.type).not.toBeNull();
    }
    for (const param of [...connector.params, ...credentialFieldsOf(connector)])
      expect(param.description, param.name).not.toBe("");
  });

  it("shows an example of every record and of every answer that is JSON", () => {
    for (const { resource: r, operation: o } of operationsOf(connector)) {
      expect(r.sample, r.handle).not.toBeNull();
      if (o.unsupported === null && o.response.type !== "binary") expect(sampleOutput(o, r), o.id).not.toBeNull();
      expect(outputSchema(o, r), o.id).toHaveProperty("type");
    }
  });

  it("holds no key in its samples", () => {
    expect(JSON.stringify(connector)).not.toMatch(/sk-ant-\w+-\w{8}|whsec_\w{8}/);
  });

  it("keeps credentials where they belong", () => {
    expect(credentialFieldsOf(connector).map(({ name, secret, required }) => [name, secret, required])).toEqual([
      ["apiKey", true, true],
      ["webhookSecret", true, false],
      ["adminKey", true, false],
    ]);
    expect(connector.headers.map((h) => h.name)).toEqual([
      "anthropic-version",
      "anthropic-beta",
      "anthropic-workspace-id",
    ]);
    expect(connector.params.find((p) => p.name === "anthropicVersion")?.default).toBe("2023-06-01");
  });

  it("asks before what cannot be undone, and says what may be sent twice", () => {
    const where = (test: (o: Operation) => boolean): string[] =>
      operationsOf(connector)
        .filter(({ operation: o }) => test(o))
        .map(({ operation: o }) => o.id)
        .sort();
    expect(where((o) => o.confirm)).toEqual([
      "files.delete",
      "invites.delete",
      "message_batches.cancel",
      "message_batches.delete",
      "skill_versions.delete",
      "skills.delete",
      "users.delete",
      "users.sign_out",
      "workspace_members.delete",
      "workspaces.archive",
    ]);
    expect(where((o) => !o.idempotent)).toEqual([
      "files.upload",
      "invites.create",
      "message_batches.create",
      "messages.create",
      "prompt_tools.generate",
      "prompt_tools.improve",
      "prompt_tools.templatize",
      "skill_versions.create",
      "skills.create",
      "workspace_members.create",
      "workspaces.create",
    ]);
  });

  it("polls four resources, skills of one's own only, removals confirmed by `read`", () => {
    expect(pollersOf(connector).map(({ resource: r }) => r.handle)).toEqual([
      "message_batches",
      "models",
      "files",
      "skills",
    ]);
    for (const { resource: r, poller } of pollersOf(connector)) {
      expect(poller.absent).toEqual({ polls: 2, confirm: "read", maxFraction: 0.5, notFound: [404] });
      expect(() => checkInput(r.operations[poller.operation] as Operation, poller.input)).not.toThrow();
    }
    expect(resource("skills").pollers.main?.input).toEqual({ source: "custom" });
  });

  it("sends on every parameter of the API, also those it does not know", () => {
    for (const {
      operation: { id, body },
    } of operationsOf(connector))
      if (body?.encoding === "json") expect(body, id).toMatchObject({ passthrough: true });
    const input = { model: "m", max_tokens: 1, messages: [{ role: "user", content: "Hi" }], new_parameter: { a: 1 } };
    expect(checkInput(operation("messages.create"), input)).toEqual(input);
  });
});

/** What a resource's fields make of a record; none but nullable ones may come out empty. */
function selected(handle: string, record: Json): Record<string, Json> {
  const { fields } = resource(handle);
  const result = compileFields(fields)(record);
  const empty = fields.filter((field) => !field.nullable && result[field.name] === null).map((field) => field.name);
  expect(empty).toEqual([]);
  return result;
}

describe("records", () => {
  it.each(["files.list", "files.read", "models.list", "models.read"])(
    "as recorded from the live API are understood: %s",
    (name) => {
      const exchanges = fixture(`claude-recorded/${name}`) as { response: { body: { data?: Json[] } } }[];
      const records = exchanges.flatMap(({ response: { body } }) => body.data ?? [body as Json]);
      expect(records.length).toBeGreaterThan(0);
      for (const record of records) selected(name.split(".")[0] ?? "", record);
    },
  );

  it("of skills are understood in both shapes", () => {
    const times = { created_at: "2026-11-20T08:00:00Z", updated_at: "2026-11-20T08:00:00Z" };
    const current = {
      id: "skill_1",
      display_name: "Mine",
      latest_version_id: "skver_1",
      source: { type: "custom" },
      ...times,
    };
    const old = {
      id: "skill_1",
      display_title: "Mine",
      latest_version: "1759178010641129",
      source: "custom",
      ...times,
    };
    expect(selected("skills", current)).toMatchObject({
      name: "Mine",
      display_name: "Mine",
      source: "custom",
      latest_version_id: "skver_1",
    });
    expect(selected("skills", old)).toMatchObject({
      name: "Mine",
      display_name: "Mine",
      source: "custom",
      latest_version_id: "1759178010641129",
    });
  });

  it("of messages give all text, whatever stands before and between", () => {
    const content: Json = [
      { type: "thinking", thinking: "" },
      { type: "text", text: "One, " },
      { type: "tool_use", id: "t" },
      { type: "text", text: "two." },
    ];
    const message = {
      id: "msg_1",
      role: "assistant",
      model: "m",
      content,
      stop_reason: "end_turn",
      usage: { input_tokens: 1, output_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
    };
    expect(selected("messages", message)).toMatchObject({
      content: "One, two.",
      blocks: content,
      usage_output_tokens: 2,
    });
  });
});

describe("events", () => {
  const sampleOf = (type: string): Json => findEvent(connector, type)?.event.sample ?? null;

  it("of an expired batch say how many requests expired", () => {
    expect(sampleOf("message_batches.expired")).toMatchObject({
      processing_status: "ended",
      request_counts_expired: 1,
    });
    expect(sampleOf("message_batches.ended")).toMatchObject({ processing_status: "ended", request_counts_expired: 0 });
  });

  it("of a file that is gone say why it is believed to be", () => {
    const payload = compilePayload(findEvent(connector, "files.deleted")?.event.payload ?? []);
    const file = resource("files").sample as Record<string, Json>;
    const now = Date.parse("2026-12-01T00:00:00Z");
    const reasonOf = (expires_at: Json): Json | undefined => payload({ ...file, expires_at }, now).reason;
    expect(reasonOf("2026-11-30T23:59:59Z")).toBe("expired");
    expect(reasonOf("2026-12-01T00:00:01Z")).toBe("deleted");
    expect(reasonOf(null)).toBe("deleted");
  });
});

it("sends the admin key, and no other, to everything of the organization: external keys got the ordinary one by the proxy", () => {
  const organizations = connector.resources.filter(({ endpoint }) => endpoint.startsWith("/organizations"));
  expect(organizations.length).toBeGreaterThan(10);
  expect(organizations.filter(({ auth }) => auth !== "admin").map(({ handle }) => handle)).toEqual([]);
});
