import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { connectorJson, manifest, resourceJson } from "../../manifest/written.ts";
import { Desk, errorOf } from "./rig.ts";

const SEED = fileURLToPath(new URL("../../fixtures/seed/connector.json", import.meta.url));

const LISTED = { event: "things.created", source: { type: "poll", poller: "main", on: { change: "added" } } };
const clean = () =>
  manifest(connectorJson(), resourceJson({ pollers: { main: { operation: "list" } }, webhooks: [LISTED] }));
const wrong = () =>
  manifest(
    connectorJson({ hanlde: "x" }),
    resourceJson({ pollers: { main: { operation: "lst" } }, webhooks: [LISTED] }),
  );

describe("the commands for those who write manifests", () => {
  const desk = new Desk();
  afterAll(() => desk.close());

  describe("tidewire lint", () => {
    it("says that nothing is amiss", async () => {
      const file = clean();
      expect(await desk.run("lint", file)).toMatchObject({ code: 0, out: "acme: nothing amiss.\n", err: "" });
      expect(await desk.json("lint", file, "--strict")).toEqual({ connectors: ["acme"], findings: [] });
    });

    it("finds the shipped connector clean when no file is named", async () => {
      expect(await desk.run("lint", "--strict")).toMatchObject({ code: 0, out: "claude-api: nothing amiss.\n" });
    });

    it("gives warnings with place and mend, and ends with 0 all the same", async () => {
      const { code, out, err } = await desk.run("lint", SEED);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out).toMatch(/seed\/connector\.json:\d+:\d+ {2}credential-in-headers\n {4}\S.*\n {4}\S/);
      expect(out).toMatch(/all\.json:\d+:\d+ {2}list-without-pagination/);
      expect(out).toMatch(/warnings; it loads and runs\.\n$/);
      const { connectors, findings } = (await desk.json("lint", SEED)) as {
        connectors: string[];
        findings: JsonObject[];
      };
      expect(connectors).toHaveLength(1);
      expect(findings.length).toBeGreaterThan(3);
      for (const finding of findings) {
        expect(finding).toMatchObject({ severity: "warning", at: expect.stringMatching(/\.json:\d+:\d+$/) as string });
      }
    });

    it("ends with 2 for warnings with --strict, and shows them", async () => {
      const ran = await desk.run("lint", SEED, "--strict", "--json");
      expect(ran.code).toBe(2);
      expect((JSON.parse(ran.out) as { findings: unknown[] }).findings.length).toBeGreaterThan(3);
      expect(errorOf(ran).code).toBe("manifest_invalid");
    });

    it("ends with 2 for mistakes, all of all files at once", async () => {
      const ran = await desk.run("lint", wrong(), clean());
      expect(ran).toMatchObject({ code: 2, out: "" });
      expect(ran.err).toMatch(/connector\.json:\d+:\d+ {2}`hanlde` – did you mean `handle`\? \[unknown_key\]\n/);
      expect(ran.err).toMatch(
        /all\.json:\d+:\d+ {2}There is no operation "lst"\. Did you mean "list"\? \[dangling-reference\]\n/,
      );
      expect(ran.err).toMatch(/"acme" is also the handle of/);
      const { errors } = errorOf(await desk.run("lint", wrong(), "--json"));
      expect(errors.map(({ at }) => at.replace(/^.*\/(?=connector|all)/, ""))).toEqual([
        expect.stringMatching(/^connector\.json:\d+:\d+$/),
        expect.stringMatching(/^all\.json:\d+:\d+$/),
      ]);
    });

    it("names the id of a mistake that is the only one, too", async () => {
      const parent = manifest(connectorJson(), resourceJson({ parent: "boxes" }));
      expect((await desk.run("lint", parent)).err).toMatch(/There is no resource "boxes"\..* \[dangling-reference\]\n/);
    });

    it("ends with 2 for a file that is not there", async () => {
      const ran = await desk.run("lint", "nowhere/connector.json");
      expect(ran).toMatchObject({ code: 2, out: "" });
      expect(ran.err).toContain("nowhere/connector.json");
    });
  });

  describe("tidewire explain", () => {
    it("prints the manifest with every default filled in", async () => {
      const { code, out } = await desk.run("explain", clean());
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        handle: "acme",
        timeoutMs: 600_000,
        resources: [
          { key: ["id"], pollers: { main: { schedule: { everyMs: 60_000 }, absent: { polls: 2, confirm: "read" } } } },
        ],
      });
    });

    it("prints those in force when no file is named, and refuses what lint refuses", async () => {
      expect(await desk.json("explain")).toMatchObject({ handle: "claude-api" });
      expect(await desk.run("explain", wrong())).toMatchObject({ code: 2, out: "" });
    });
  });

  describe("tidewire schema", () => {
    it.each([
      [[], "service"],
      [["connector"], "service"],
      [["resource"], "endpoint"],
    ])("%j prints a JSON Schema", async (argv, member) => {
      const schema = (await desk.json("schema", ...argv)) as { $schema: string };
      expect(schema.$schema).toBe("http://json-schema.org/draft-07/schema#");
      expect(JSON.stringify(schema)).toContain(`"${member}"`);
    });

    it("knows no other", async () => {
      expect(await desk.run("schema", "event")).toMatchObject({ code: 2, out: "" });
    });
  });
});
