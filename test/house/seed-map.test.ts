import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { unaliased } from "../../src/actions/alias.ts";
import { checkInput } from "../../src/manifest/inputs.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import { findEvent, findOperation, operationsOf } from "../../src/manifest/triggers.ts";
import { type Catalogue, printSeedMap, type SeedName } from "./seed-map.ts";

const { connector } = loadConnector("connector.json");
const catalogues = JSON.parse(readFileSync("docs/reference/seed-names.json", "utf8")) as Catalogue[];
const seeds = catalogues.flatMap(({ catalogue, names }) => names.map((seed) => ({ catalogue, ...seed })));
const calls = seeds.filter(({ event }) => event === undefined);

const namesOf = ({ name, call, also }: SeedName): string[] => [call ?? name, ...(also ?? [])];

describe("the names of the four catalogues", () => {
  it("are all here", () => {
    expect(catalogues.map(({ catalogue, names }) => [catalogue, names.length])).toEqual([
      ["Truto", 44],
      ["terraphim", 43],
      ["Planetcrust", 30],
      ["KosmoKrator", 25],
    ]);
    for (const { names } of catalogues) expect(new Set(names.map(({ name }) => name)).size).toBe(names.length);
  });

  it.each(calls.flatMap((seed) => namesOf(seed).map((name) => [seed.catalogue, name, seed] as const)))(
    "%s: %s is an operation, and takes the arguments as they are written there",
    (_, name, { operation, arguments: given }) => {
      const found = findOperation(connector, name);
      expect(found?.operation.id).toBe(operation);
      if (found === null || found.operation.unsupported !== null) return;
      expect(() => checkInput(found.operation, unaliased(found.shape, given))).not.toThrow();
    },
  );

  it("are events where they are no operations", () => {
    const events = seeds.flatMap(({ event }) => event ?? []);
    expect(events).toHaveLength(8);
    for (const event of events) expect(findEvent(connector, event)).not.toBeNull();
  });

  it("are the aliases of the connector, but for a few more that people expect", () => {
    const known = new Set(calls.flatMap(namesOf));
    const more = operationsOf(connector).flatMap(({ operation }) => operation.aliases.map(({ name }) => name));
    expect(more.filter((name) => !known.has(name)).sort()).toEqual([
      "create_skill_version",
      "delete_skill",
      "delete_skill_version",
      "download_skill_version",
      "files.create",
      "get_skill",
      "get_skill_version",
      "list_skill_versions",
    ]);
  });

  it("stand in the docs with what they lead to (`vitest run test/house/seed-map.test.ts -u` writes it anew)", async () => {
    await expect(printSeedMap(catalogues, connector)).toMatchFileSnapshot("../../docs/reference/seed-map.md");
  });
});
