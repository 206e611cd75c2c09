import type { Connector, Operation, Resource } from "../connector.ts";
import type { OperationSource } from "../schema/operation.ts";
import type { ResourceSource } from "../schema/resource.ts";
import type { ManifestSource, Path } from "../source.ts";

export type Severity = "error" | "warning";

/** A manifest as it is written and as it is understood; resources stand in the same order in both. */
export interface Manifest {
  connector: Connector;
  source: ManifestSource;
}

/** Where something is amiss and how to put it right. `resource` null: in `connector.json`. */
export interface Spot {
  resource: number | null;
  path: Path;
  message: string;
  mend: string;
}

export interface Rule {
  id: string;
  severity: Severity;
  check: (manifest: Manifest) => Spot[];
}

export interface ResourceView {
  index: number;
  resource: Resource;
  source: ResourceSource;
}

export interface OperationView extends ResourceView {
  name: string;
  /** Of the operation, in the resource's file. */
  path: Path;
  operation: Operation;
  operationSource: OperationSource;
}

/** Each resource, as written and as understood. */
export function resourcesOf({ connector, source }: Manifest): ResourceView[] {
  return source.resources.map((written, index) => ({
    index,
    resource: connector.resources[index] as Resource,
    source: written,
  }));
}

/** Each operation, as written and as understood. */
export function operationViews(manifest: Manifest): OperationView[] {
  return resourcesOf(manifest).flatMap((view) =>
    Object.entries(view.source.operations ?? {}).map(([name, operationSource]) => ({
      ...view,
      name,
      path: ["operations", name],
      operation: view.resource.operations[name] as Operation,
      operationSource,
    })),
  );
}

/** What comes again: the later ones of those with the same name. */
export function repeated<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const name = nameOf(item);
    return seen.has(name) || !seen.add(name);
  });
}
