import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { connectorJsonSchema, resourceJsonSchema } from "../../src/manifest/json-schema.ts";
import { connectorJson, resourceJson } from "./written.ts";

const SCHEMAS = { connector: connectorJsonSchema(), resource: resourceJsonSchema() };
const ajv = new Ajv({ strict: false, allErrors: true });
const valid = { connector: ajv.compile(SCHEMAS.connector), resource: ajv.compile(SCHEMAS.resource) };

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}

function expectValid(kind: keyof typeof valid, value: unknown): void {
  valid[kind](value);
  expect(valid[kind].errors ?? []).toEqual([]);
}

describe("the JSON Schemas for editors", () => {
  it.each(["connector", "resource"] as const)(
    "%s: the committed copy is up to date (`tidewire schema %s > docs/reference/…`)",
    (kind) => {
      expect(read(`docs/reference/${kind}.schema.json`)).toEqual(SCHEMAS[kind]);
    },
  );

  it("accept the shipped files and the seed's blocks", () => {
    expectValid("connector", read("connector.json"));
    for (const name of readdirSync("resources")) expectValid("resource", read(join("resources", name)));
    expectValid("connector", read("test/fixtures/seed/connector.json"));
    expectValid("resource", read("test/fixtures/seed/resources/all.json"));
  });

  it("name themselves as the shipped files do", () => {
    expect(read("connector.json")).toMatchObject({ $schema: "./docs/reference/connector.schema.json" });
    for (const name of readdirSync("resources")) {
      expect(read(join("resources", name))).toMatchObject({ $schema: "../docs/reference/resource.schema.json" });
    }
  });

  it("leave keys free that begin with x-, and no others", () => {
    expectValid("connector", connectorJson({ "x-team": 1 }));
    expectValid("resource", resourceJson({ operations: { list: { method: "GET", "x-note": 1 } } }));
    expect(valid.connector(connectorJson({ team: 1 }))).toBe(false);
    expect(valid.resource(resourceJson({ operations: { list: { method: "GET", limt: 1 } } }))).toBe(false);
  });

  it("refuse what loading refuses", () => {
    expect(valid.connector(connectorJson({ service: { auth: { method: "api_tokn" } } }))).toBe(false);
    expect(valid.resource(resourceJson({ endpoint: { value: "no-slash" } }))).toBe(false);
    expect(valid.resource({ handle: "things" })).toBe(false);
  });
});
