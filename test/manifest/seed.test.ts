import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadConnector } from "../../src/manifest/load.ts";
import { eventsOf, findOperation, pollersOf } from "../../src/manifest/triggers.ts";

const FOLDER = "test/fixtures/seed";
const { connector, findings } = loadConnector(join(FOLDER, "connector.json"));

describe("the seed's two JSON blocks", () => {
  it("load unchanged, with all five resources", () => {
    const blocks: unknown[] = JSON.parse(readFileSync(join(FOLDER, "resources/all.json"), "utf8"));
    expect(connector.resources).toHaveLength(blocks.length);
    expect(connector.resources.flatMap((r) => Object.values(r.operations).map((o) => o.id))).toEqual([
      "messages.create",
      "message_batches.list",
      "message_batches.read",
      "message_batches.create",
      "message_batches.delete",
      "models.list",
      "models.read",
      "files.list",
      "files.read",
      "files.delete",
      "skills.list",
      "skills.read",
      "skills.delete",
    ]);
  });

  it("have their credential in `auth` alone, as a secret", () => {
    expect(connector.manifestVersion).toBe(0);
    expect(connector.headers.map((h) => h.name)).toEqual(["anthropic-version"]);
    expect(connector.auths.default).toEqual({
      name: "default",
      method: "api_token",
      optional: false,
      fields: [{ name: "apiKey", secret: true, required: true, description: "" }],
      in: "header",
      parameter: "x-api-key",
      probe: null,
      grant: null,
      value: "{{apiKey}}",
    });
    expect(connector.params.map((p) => p.name)).toEqual(["baseUrl"]);
  });

  it("have placeholders as typed inputs and a body template", () => {
    const create = findOperation(connector, "messages.create")?.operation;
    expect(create?.inputs.map(({ name, type, required }) => [name, type, required])).toEqual([
      ["model", "String", true],
      ["max_tokens", "Integer", true],
      ["content", "String", true],
    ]);
    expect(create?.body).toMatchObject({ encoding: "json", form: "template" });
  });

  it("list by the common styles, with records in `data` or at the root", () => {
    const list = findOperation(connector, "files.list")?.operation;
    expect(list?.response).toEqual({
      type: "json",
      records: ["data"],
      rootArray: true,
      stream: false,
      assemble: null,
    });
    expect(list?.pagination).toMatchObject({
      style: "firstMatch",
      choices: [
        { style: "cursor", param: "page", next: ["next_page"], hasMore: null },
        { style: "cursor", param: "after_id", next: ["last_id"], hasMore: ["has_more"] },
        { style: "link_header" },
        { style: "none" },
      ],
    });
  });

  it("are polled every minute, by id, removals confirmed by `read`", () => {
    expect(pollersOf(connector).map(({ resource, poller }) => `${resource.handle}.${poller.name}`)).toEqual([
      "message_batches.main",
      "models.main",
      "files.main",
      "skills.main",
    ]);
    const files = pollersOf(connector).find(({ resource }) => resource.handle === "files");
    expect(files?.resource.key).toEqual(["id"]);
    expect(files?.poller).toMatchObject({
      operation: "list",
      schedule: { everyMs: 60_000 },
      mode: "snapshot",
      first: "baseline",
      absent: { polls: 2, confirm: "read", maxFraction: 0.5, notFound: [404] },
    });
  });

  it("have the eight events, each with the source that its name means", () => {
    const ended = { field: ["processing_status"], equals: "ended" };
    const expired = { all: [ended, { field: ["request_counts", "expired"], gt: 0 }] };
    const poll = (on: object): object => ({ type: "poll", poller: "main", on });
    expect(Object.fromEntries(eventsOf(connector).map(({ event }) => [event.type, event.source]))).toEqual({
      "messages.created": { type: "action", operation: "create" },
      "message_batches.ended": poll({ becomes: ended, once: true, unseen: "emit" }),
      "message_batches.expired": poll({ becomes: expired, once: true, unseen: "emit" }),
      "models.created": poll({ change: "added" }),
      "files.created": poll({ change: "added" }),
      "files.deleted": poll({ change: "removed" }),
      "skills.created": poll({ change: "added" }),
      "skills.deleted": poll({ change: "removed" }),
    });
    expect(eventsOf(connector).map(({ event }) => event.path)).toContain("/webhooks/claude-api/files.deleted");
  });

  it("lint with warnings that name what is wrong with them, at its place", () => {
    expect(findings.every((finding) => finding.severity === "warning")).toBe(true);
    const found = (id: string): string[] => findings.filter((f) => f.id === id).map((f) => f.at);
    const all = join(FOLDER, "resources/all.json");
    expect(found("credential-in-headers")).toEqual([`${join(FOLDER, "connector.json")}:20:7`]);
    expect(found("effect-method")).toEqual([`${all}:72:7`]);
    expect(found("list-without-pagination")).toEqual([56, 105, 133, 170].map((line) => `${all}:${line}:7`));
    expect(found("operation-without-sample")).toHaveLength(13);
    expect(findings.find((f) => f.id === "effect-method")).toMatchObject({
      message: '"delete" is said to delete, but it is a POST, and its path ends in /cancel.',
      mend: "Name it `cancel`, or set `effect` to `cancel`.",
    });
    expect(new Set(findings.map((f) => f.id))).toEqual(
      new Set(["credential-in-headers", "effect-method", "list-without-pagination", "operation-without-sample"]),
    );
  });
});
