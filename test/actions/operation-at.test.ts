import { describe, expect, test } from "vitest";
import { authAt, operationAt } from "../../src/actions/operation-at.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { operationsOf } from "../../src/manifest/triggers.ts";
import { connectorOf } from "../engine/rig.ts";

const { connector: claude } = loadConnector("connector.json");

describe("the operation at a path", () => {
  const served = operationsOf(claude).filter(({ operation }) => operation.unsupported === null);

  test.each(served.map(({ resource, operation }) => [operation.id, resource, operation] as const))(
    "%s is found by its own, whatever the ids",
    (id, resource, operation) => {
      for (const value of ["abc_1", "a%2Fb", "caf%C3%A9", "%"]) {
        const path = (resource.endpoint + operation.path).replace(/\{\{.*?\}\}/g, value);
        expect(operationAt(claude, operation.method, path)?.operation.id).toBe(id);
      }
    },
  );

  test.each([
    ["GET", "/messages"],
    ["POST", "/messages/"],
    ["POST", "//messages"],
    ["POST", "/Messages"],
    ["GET", "/models//x"],
    ["GET", "/models/"],
    ["GET", "/nothing"],
    ["OPTIONS", "/models"],
    ["GET", ""],
  ])("%s %s is none", (method, path) => {
    expect(operationAt(claude, method, path)).toBeNull();
  });

  test("is known in any encoding, and HEAD asks what GET would", () => {
    expect(operationAt(claude, "POST", "/m%65ssages")?.operation.id).toBe("messages.create");
    expect(operationAt(claude, "HEAD", "/models/x")?.operation.id).toBe("models.read");
  });
});

const read = (path: string, more = {}) => ({ method: "GET" as const, path: { value: path }, ...more });

describe("among several that fit", () => {
  const connector = connectorOf({
    operations: {
      any: read("/{{id}}"),
      latest: read("/latest"),
      file: read("/{{id}}.json"),
      deep: read("/{{id}}/{{part}}"),
      parts: read("/{{id}}/parts"),
      gone: read("/gone", { unsupported: "there is none" }),
    },
  });
  test.each([
    ["/items/latest", "items.latest"],
    ["/items/other", "items.any"],
    ["/items/gone", "items.any"],
    ["/items/a/parts", "items.parts"],
    ["/items/a/b", "items.deep"],
  ])("%s is %s", (path, id) => {
    expect(operationAt(connector, "GET", path)?.operation.id).toBe(id);
  });
});

test("a path that no operation names takes the credential of the resource whose endpoint it shares most of", () => {
  const shop = connectorOf({ endpoint: { value: "/items" } });
  const of = (handle: string, endpoint: string, auth: string) => ({ ...shop.resources[0]!, handle, endpoint, auth });
  const connector: Connector = {
    ...shop,
    resources: [
      of("items", "/items", "default"),
      of("users", "/organizations/users", "admin"),
      of("prices", "/items/{{id}}/prices", "pricing"),
    ],
  };
  expect(
    ["/items/1", "/organizations/roles", "/organizations/users/1/x", "/items/1/prices/2", "/else", ""].map((path) =>
      authAt(connector, path),
    ),
  ).toEqual(["default", "admin", "admin", "pricing", "default", "default"]);
});
