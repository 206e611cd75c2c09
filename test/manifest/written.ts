import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import { type Mistake, TidewireError } from "../../src/kernel/errors.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { type Finding, lint } from "../../src/manifest/lint.ts";
import { readManifest } from "../../src/manifest/load.ts";
import { normalise } from "../../src/manifest/normalise.ts";

type Part = Record<string, unknown>;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A small connector that is right in every point; `service` and the rest are laid over it. */
export function connectorJson({ service, ...rest }: Part = {}): Part {
  return {
    manifestVersion: 1,
    handle: "acme",
    service: {
      baseURL: { value: "https://api.acme.example/v1" },
      auth: { method: "bearer", fields: [{ name: "apiKey" }] },
      ...(service as Part),
    },
    ...rest,
  };
}

const THING = { id: "thing_1", name: "A thing" };
const LIST = {
  method: "GET",
  pagination: { style: "cursor", param: "page", next: ["next_page"] },
  sample: { data: [THING], next_page: null },
};
const READ = {
  method: "GET",
  path: { value: "/{{thing_id}}", placeholders: [{ name: "thing_id", type: "String", required: true }] },
};

/** A resource that is right in every point; `operations` are laid over `list` and `read`, the rest over the resource. */
export function resourceJson({ operations, ...rest }: Part = {}): Part {
  return {
    handle: "things",
    endpoint: { value: "/things" },
    fields: [
      { name: "id", type: "String", selector: ["id"], primary: true },
      { name: "name", type: "String", selector: ["name"] },
    ],
    operations: { list: LIST, read: READ, ...(operations as Part) },
    sample: THING,
    ...rest,
  };
}

/** Writes files (objects as JSON, texts as they are) into a folder of their own; gives the path of its connector.json. */
export function written(files: Record<string, unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-manifest-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content, null, 2));
  }
  return join(folder, "connector.json");
}

/** A connector and its resources, written to files. */
export function manifest(connector: Part, ...resources: Part[]): string {
  return written({ "connector.json": connector, "resources/all.json": resources });
}

/** What the rules say of a manifest that is well-formed, and what it comes to. */
export function linted(connector: Part, ...resources: Part[]): { findings: Finding[]; connector: Connector } {
  const mistakes: Mistake[] = [];
  const source = readManifest(manifest(connector, ...resources), mistakes);
  expect(mistakes).toEqual([]);
  if (source === null) throw new Error("the manifest could not be read");
  const normalised = normalise(source);
  return { findings: lint(normalised, source), connector: normalised };
}

/** The error that `action` throws. */
export function thrownBy(action: () => unknown): TidewireError {
  try {
    action();
  } catch (thrown) {
    if (thrown instanceof TidewireError) return thrown;
    throw thrown;
  }
  throw new Error("nothing was thrown");
}

/** Mistakes with the folder taken off their places. */
export function places(error: TidewireError): string[] {
  return error.errors.map(({ at, code }) => `${at.replace(/^.*?(?=connector\.json|resources\/)/, "")} ${code}`);
}
