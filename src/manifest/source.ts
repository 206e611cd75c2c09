import type { ResourceSource } from "./schema/resource.ts";
import type { ConnectorSource } from "./schema/service.ts";

export type Path = readonly (string | number)[];

/** A manifest as written: what its files say, well-formed but with nothing filled in or looked up. */
export interface ManifestSource {
  connector: ConnectorSource;
  resources: ResourceSource[];
  /** False when a resource had to be left out because its own form is wrong: a name that is missing may be in there. */
  whole: boolean;
  /** The file of `connector.json`. */
  file: string;
  /**
   * `file:line:column` of a place in a resource (by its position among `resources`) or, for null, in `connector.json`;
   * of what stands around it where it is not there.
   */
  at: (resource: number | null, path: Path) => string;
}
