import { describe, expect, it } from "vitest";
import type { Connector, Poller, Resource } from "../../src/manifest/connector.ts";
import {
  actionEventsOf,
  connectorNamed,
  credentialFieldsOf,
  eventsOf,
  findEvent,
  findOperation,
  fingerprintFields,
  keyPrint,
  operationsOf,
  pagesPrint,
  polledEventsOf,
  pollersOf,
} from "../../src/manifest/triggers.ts";
import { connectorJson, linted, resourceJson } from "./written.ts";

const create = { method: "POST", aliases: ["make_thing"] };
const { connector } = linted(
  connectorJson({
    service: {
      auths: {
        admin: {
          method: "bearer",
          optional: true,
          fields: [{ name: "adminKey", description: "Admin." }, { name: "apiKey" }],
        },
      },
    },
  }),
  resourceJson({
    aliases: ["stuff"],
    operations: { create },
    webhooks: [
      { event: "things.made", source: { type: "action", operation: "create" } },
      { event: "things.created" },
      { event: "things.deleted", source: { type: "poll", poller: "slow", on: { change: "removed" } } },
    ],
    pollers: { slow: { operation: "list", schedule: { every: "1h" } } },
  }),
  resourceJson({ handle: "boxes" }),
);
const things = connector.resources[0] as Resource;

describe("look-ups", () => {
  it("finds an operation by method and path too, and by the shape that an alias has", () => {
    const shape = { name: { $param: "title" } };
    const renamed = linted(
      connectorJson({ aliases: ["corp"] }),
      resourceJson({
        operations: {
          create: {
            method: "POST",
            input: [{ name: "name", type: "String" }],
            body: { encoding: "json" },
            aliases: ["make", { name: "things.create", input: shape }],
          },
        },
      }),
    ).connector;
    for (const name of ["GET /things/{thing_id}", "GET /v1/things/{thing_id}"])
      expect(findOperation(renamed, name)).toMatchObject({ operation: { id: "things.read" }, shape: null });
    expect(findOperation(renamed, "GET /things/{id}")).toBeNull();
    expect(findOperation(renamed, "make")?.shape).toBeNull();
    expect(findOperation(renamed, "things.create")?.shape).toEqual(shape);
    expect(connectorNamed([renamed], "corp")).toBe(renamed);
    expect(connectorNamed([renamed], "acme")).toBe(renamed);
    expect(connectorNamed([renamed], "other")).toBeUndefined();
  });

  it("find operations by id, by alias and by an alias of their resource", () => {
    for (const name of ["things.create", "make_thing", "stuff.create"]) {
      expect(findOperation(connector, name)?.operation).toBe(things.operations.create);
    }
    expect(findOperation(connector, "boxes.read")?.resource.handle).toBe("boxes");
    for (const name of ["create", "things.", "constructor", ""]) expect(findOperation(connector, name)).toBeNull();
    expect(operationsOf(connector).map(({ operation }) => operation.id)).toHaveLength(5);
  });

  it("find events, and what feeds them", () => {
    expect(eventsOf(connector).map(({ event }) => event.type)).toEqual([
      "things.made",
      "things.created",
      "things.deleted",
    ]);
    expect(findEvent(connector, "things.deleted")?.resource).toBe(things);
    expect(findEvent(connector, "things.gone")).toBeNull();
    expect(
      pollersOf(connector)
        .map(({ poller }) => poller.name)
        .sort(),
    ).toEqual(["main", "slow"]);
    expect(polledEventsOf(things, things.pollers.slow as Poller).map((e) => e.type)).toEqual(["things.deleted"]);
    expect(polledEventsOf(things, things.pollers.main as Poller).map((e) => e.type)).toEqual(["things.created"]);
    expect(findOperation(connector, "things.create")).not.toBeNull();
    expect(actionEventsOf(things, things.operations.create!).map((e) => e.type)).toEqual(["things.made"]);
    expect(actionEventsOf(things, things.operations.list!)).toEqual([]);
  });

  it("unite the fields of all credentials; what any of them needs is required", () => {
    expect(credentialFieldsOf(connector)).toEqual([
      { name: "apiKey", secret: true, required: true, description: "" },
      { name: "adminKey", secret: true, required: false, description: "Admin." },
    ]);
  });
});

describe("prints", () => {
  const printOf = (resource: Record<string, unknown>): { key: string; pages: string } => {
    const made: Connector = linted(
      connectorJson(),
      resourceJson({ pollers: { main: { operation: "list" } }, ...resource }),
    ).connector;
    const only = made.resources[0] as Resource;
    return {
      key: keyPrint(only.pollers.main as Poller),
      pages: pagesPrint(only, only.pollers.main as Poller),
    };
  };
  const field = (name: string, rest = {}): object => ({ name, type: "String", selector: [name], ...rest });
  const before = printOf({ fields: [field("id"), field("name")] });

  it("change with the key, and that of a key with it alone", () => {
    const { key, pages } = printOf({ fields: [field("id"), field("name")], key: ["name"] });
    expect(key).toBe('["name"]');
    expect(pages).not.toBe(before.pages);
    expect(printOf({ fields: [field("id"), field("size")] }).key).toBe(before.key);
  });

  it("change with the fields that count, not with words about them or with volatile ones", () => {
    const described = field("name", { meta: { description: "New words." } });
    expect(printOf({ fields: [field("id"), described, field("seen_at", { volatile: true })] })).toEqual(before);
    expect(printOf({ fields: [field("id"), field("name"), field("size")] }).pages).not.toBe(before.pages);
    expect(printOf({ fields: [field("id"), field("name", { selector: ["title"] })] }).pages).not.toBe(before.pages);
  });

  it("are of the fields that the poller names, volatile or not", () => {
    const pollers = { main: { operation: "list", fingerprint: { include: ["seen_at"] } } };
    const made = linted(
      connectorJson(),
      resourceJson({ pollers, fields: [field("id"), field("seen_at", { volatile: true })] }),
    ).connector;
    const only = made.resources[0] as Resource;
    expect(fingerprintFields(only, only.pollers.main as Poller).map((f) => f.name)).toEqual(["seen_at"]);
  });
});
