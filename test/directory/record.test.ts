import { describe, expect, test } from "vitest";
import { directoryRecord } from "../../src/directory/record.ts";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import type { DirectoryMapping } from "../../src/manifest/connector.ts";
import { normaliseDirectory } from "../../src/manifest/normalise/unified.ts";
import type { UnifiedFieldSource } from "../../src/manifest/schema/unified.ts";
import { DIRECTORY } from "../../src/model/directory.ts";

/** What a user's fields, so mapped, make of a record. */
function user(fields: Record<string, UnifiedFieldSource>, raw: Json, known: JsonObject = {}): JsonObject {
  const mapping = normaliseDirectory({ unified: { "user-directory": { users: { fields } } } }).users;
  return directoryRecord("users", mapping as DirectoryMapping, raw, known, 0);
}

describe("a record in the unified shape", () => {
  test("has every field of its model, whatever it is made of", () => {
    const raws: Json[] = [{}, null, "text", [], { id: {} }];
    for (const raw of raws) {
      const record = user({ id: ["id"], roles: ["roles"] }, raw);
      expect(Object.keys(record)).toEqual(Object.keys(DIRECTORY.users.fields));
      expect(Object.values(record).every((value) => value === null)).toBe(true);
    }
  });

  test.each<[what: string, given: Json, roles: Json]>([
    ["one", "admin", ["admin"]],
    ["several", ["a", 2, true], ["a", "2", "true"]],
    ["none", [], []],
    ["nothing said", null, null],
    ["what is no text is left out", ["a", { id: 1 }, null], ["a"]],
  ])("roles: %s", (_, given, roles) => {
    expect(user({ roles: ["role"] }, { role: given }).roles).toEqual(roles);
  });

  test.each<[what: string, given: Json, time: Json]>([
    ["ISO 8601 stays as it came", "2026-10-30T23:58:27.427722+02:00", "2026-10-30T23:58:27.427722+02:00"],
    ["a date", "2026-10-30", "2026-10-30"],
    ["seconds", 1_790_000_000, "2026-09-21T14:13:20.000Z"],
    ["milliseconds", 1_790_000_000_123, "2026-09-21T14:13:20.123Z"],
    ["no time at all", "yesterday", null],
    ["beyond what a date can be", 1e300, null],
    ["an object", {}, null],
  ])("times: %s", (_, given, time) => {
    expect(user({ created_at: ["at"] }, { at: given }).created_at).toBe(time);
  });

  test.each<[what: string, given: Json, status: Json]>([
    ["by its word", "on", "active"],
    ["that is ours already", "deleted", "deleted"],
    ["that has no word here", "asleep", null],
    ["that is the name of something every object has", "constructor", null],
    ["that is no text", { on: true }, null],
  ])("a status %s", (_, given, status) => {
    expect(user({ status: { selector: ["s"], values: { on: "active" } } }, { s: given }).status).toBe(status);
  });

  test("a name is joined of the parts that are there", () => {
    const name: UnifiedFieldSource = { join: [["first"], ["last"]] };
    expect(user({ name }, { first: "Ann", last: "Lee" }).name).toBe("Ann Lee");
    expect(user({ name }, { first: "", last: "Lee" }).name).toBe("Lee");
    expect(user({ name }, { first: null }).name).toBeNull();
  });

  test("other places are tried in order, and values go by condition", () => {
    const email: UnifiedFieldSource = { selector: ["mail"], alternatives: [["mails", 0]] };
    expect(user({ email }, { mails: ["a@b.example"] }).email).toBe("a@b.example");
    const status: UnifiedFieldSource = {
      cases: [{ when: { field: ["left_at"], exists: true }, value: "deleted" }, { value: "active" }],
    };
    expect(user({ status }, { left_at: null }).status).toBe("active");
    expect(user({ status }, { left_at: "2026-01-01" }).status).toBe("deleted");
  });

  test("ids that are known fill in what the record does not say, and change nothing that it says", () => {
    expect(user({ id: ["id"] }, {}, { id: "7" }).id).toBe("7");
    expect(user({ id: ["id"] }, { id: 8 }, { id: "7" }).id).toBe("8");
  });
});
