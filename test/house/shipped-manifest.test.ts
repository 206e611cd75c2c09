import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Json } from "../../src/kernel/json.ts";
import type { Field, Operation, Resource } from "../../src/manifest/connector.ts";
import { checkInput } from "../../src/manifest/inputs.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { compilePayload } from "../../src/manifest/payload.ts";
import { compileFields } from "../../src/manifest/select.ts";
import {
  credentialFieldsOf,
  eventsOf,
  findEvent,
  findOperation,
  operationsOf,
  pollersOf,
} from "../../src/manifest/triggers.ts";

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

/** The API as of November 2026, without the organization's administration. */
const API: Record<string, string> = {
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
  "skill_versions.delete": "DELETE /skills/{{skill_id}}/versions/{{version}}",
};

describe("the shipped connector", () => {
  it("is lint-clean", () => {
    expect(findings).toEqual([]);
  });

  it("has every operation of the API with its method and path", () => {
    const calls = operationsOf(connector).map(({ resource: r, operation: o }) => [
      o.id,
      `${o.method} ${r.endpoint}${o.path}`,
    ]);
    expect(Object.fromEntries(calls)).toEqual(API);
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

  it("has the seed's eight events at the seed's addresses", () => {
    const addresses = (c: typeof connector): string[] =>
      eventsOf(c)
        .map(({ event }) => event.path)
        .sort();
    expect(addresses(connector)).toEqual(addresses(seed));
    expect(addresses(connector)).toHaveLength(8);
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
    for (const r of connector.resources)
      for (const field of r.fields) expect(field.description, `${r.handle}.${field.name}`).not.toBe("");
    for (const { event } of eventsOf(connector)) {
      expect(event.description, event.type).not.toBe("");
      expect(event.sample, event.type).not.toBeNull();
    }
    for (const param of [...connector.params, ...credentialFieldsOf(connector)])
      expect(param.description, param.name).not.toBe("");
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
      "message_batches.cancel",
      "message_batches.delete",
      "skill_versions.delete",
      "skills.delete",
    ]);
    expect(where((o) => !o.idempotent)).toEqual([
      "files.upload",
      "message_batches.create",
      "messages.create",
      "skill_versions.create",
      "skills.create",
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
    for (const id of ["messages.create", "messages.count_tokens", "message_batches.create"]) {
      expect(operation(id).body, id).toMatchObject({ encoding: "json", passthrough: true });
    }
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
      const exchanges: { response: { body: { data?: Json[] } } }[] = JSON.parse(
        readFileSync(`test/fixtures/claude-recorded/${name}.json`, "utf8"),
      );
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
