import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Mistake, TidewireError } from "../kernel/errors.ts";
import type { Json } from "../kernel/json.ts";
import type { Connector } from "./connector.ts";
import { type Document, readDocument } from "./document.ts";
import { type Finding, lint } from "./lint.ts";
import { suggestion } from "./nearest.ts";
import { normalise } from "./normalise.ts";
import { type ResourceSource, resource } from "./schema/resource.ts";
import { type ConnectorSource, connector } from "./schema/service.ts";
import type { ManifestSource, Path } from "./source.ts";
import { wellFormed } from "./well-formed.ts";

/** A resource, well-formed or not (null), with its place. */
interface Placed {
  handle: string | null;
  parsed: ResourceSource | null;
  at: (path: Path) => string;
}

/**
 * Reads a connector: `connector.json` and the `resources/` beside it. Gives what may be amiss as findings (warnings).
 * Throws `manifest_invalid` with every mistake of every file.
 */
export function loadConnector(path: string): { connector: Connector; findings: Finding[] } {
  const { connectors, findings } = loadConnectors([path]);
  return { connector: connectors[0] as Connector, findings };
}

/** Reads several connectors; the mistakes of all of them come in one `manifest_invalid`. */
export function loadConnectors(paths: readonly string[]): { connectors: Connector[]; findings: Finding[] } {
  const mistakes: Mistake[] = [];
  const sources = paths.flatMap((path) => readManifest(path, mistakes) ?? []);
  mistakes.push(...sharedHandles(sources));
  const linted = sources.map((source) => {
    const normalised = normalise(source);
    return { connector: normalised, findings: lint(normalised, source) };
  });
  const findings = linted.flatMap((l) => l.findings);
  mistakes.push(...findings.filter((f) => f.severity === "error").map(toMistake));
  if (mistakes.length > 0) throw manifestInvalid(mistakes);
  return { connectors: linted.map((l) => l.connector), findings };
}

/** The files of a connector as written, by its `connector.json` or the folder that has it; null when `connector.json` itself cannot be understood. */
export function readManifest(path: string, mistakes: Mistake[]): ManifestSource | null {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const file = isFolder ? join(path, "connector.json") : join(path);
  const document = readDocument(file, mistakes);
  if (document === null) return null;
  const service = wellFormed(connector, document.value, document.at);
  mistakes.push(...service.mistakes);
  const files = readResources(join(dirname(file), "resources"), mistakes);
  if (service.parsed === null) return null;
  const placed = belonging(service.parsed, document, files, mistakes);
  const whole = placed.filter((p): p is Placed & { parsed: ResourceSource } => p.parsed !== null);
  return {
    connector: service.parsed,
    resources: whole.map((p) => p.parsed),
    whole: [...files, ...placed].every((p) => p.parsed !== null),
    file,
    at: (index, at) => (index === null ? document.at(at) : (whole[index]?.at(at) ?? document.at([]))),
  };
}

function readResources(folder: string, mistakes: Mistake[]): Placed[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.sort().flatMap((name) => {
    const document = readDocument(join(folder, name), mistakes);
    if (document === null) return [{ handle: null, parsed: null, at: () => join(folder, name) }];
    const { value } = document;
    return Array.isArray(value)
      ? value.map((one, n) => place(one, document, [n], mistakes))
      : [place(value, document, [], mistakes)];
  });
}

function place(value: Json, document: Document, above: Path, mistakes: Mistake[]): Placed {
  const at = (path: Path): string => document.at([...above, ...path]);
  const { parsed, mistakes: own } = wellFormed(resource, value, at);
  mistakes.push(...own);
  return { handle: parsed?.handle ?? null, parsed, at };
}

/** The resources that the service names, or all of them when it names none. */
function belonging(service: ConnectorSource, document: Document, files: Placed[], mistakes: Mistake[]): Placed[] {
  const named = service.resources;
  if (named === undefined && files.length > 0) return files;
  if (named === undefined || named.length === 0) {
    mistakes.push({
      at: document.at(["resources"]),
      code: "no_resources",
      message:
        "The connector has no resources; put one file for each in the folder `resources/` beside connector.json.",
    });
    return [];
  }
  return named.flatMap((entry, n) => {
    if (typeof entry !== "string")
      return [{ handle: entry.handle, parsed: entry, at: (path: Path) => document.at(["resources", n, ...path]) }];
    const found = files.filter((placed) => placed.handle === entry);
    if (found.length === 0 && files.every((placed) => placed.handle !== null)) {
      const known = files.flatMap((placed) => placed.handle ?? []);
      mistakes.push({
        at: document.at(["resources", n]),
        code: "unknown_resource",
        message: `No file in \`resources/\` holds "${entry}". ${suggestion(entry, known)}`,
      });
    }
    return found;
  });
}

/** Two connectors of one name could not be told apart in a URL. */
function sharedHandles(sources: ManifestSource[]): Mistake[] {
  const first = new Map<string, string>();
  const names = sources.flatMap(({ connector: { handle, aliases }, file, at }) => [
    { name: handle, file, at: at(null, ["handle"]) },
    ...(aliases ?? []).map((name, n) => ({ name, file, at: at(null, ["aliases", n]) })),
  ]);
  return names.flatMap(({ name, file, at }) => {
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, file);
      return [];
    }
    const message = `"${name}" is also the handle of ${other}; give one of them another.`;
    return [{ at, code: "duplicate_handle", message }];
  });
}

function toMistake({ id, at, message, mend }: Finding): Mistake {
  return { at, code: id, message: `${message} ${mend}` };
}

function manifestInvalid(mistakes: Mistake[]): TidewireError {
  const lines = mistakes.map(({ at, message, code }) => `${at} ${message} [${code}]`);
  const count = mistakes.length === 1 ? "a mistake" : `${mistakes.length} mistakes`;
  return new TidewireError("manifest_invalid", `The manifest has ${count}:\n${lines.join("\n")}`, { errors: mistakes });
}
