import { TidewireError } from "../kernel/errors.ts";
import type { Connector } from "../manifest/connector.ts";
import { suggestion } from "../manifest/nearest.ts";
import { connectorNamed, findOperation, type NamedOperation, operationsOf } from "../manifest/triggers.ts";

export interface FoundOperation extends NamedOperation {
  connector: Connector;
}

/** The connector of a handle or an alias. Throws `not_found` with what was probably meant. */
export function connectorOf(connectors: readonly Connector[], handle: string): Connector {
  const connector = connectorNamed(connectors, handle);
  if (!connector) {
    const handles = connectors.map((known) => known.handle);
    throw new TidewireError("not_found", `There is no connector "${handle}" here. ${suggestion(handle, handles)}`);
  }
  return connector;
}

/** The operation of a name or an alias. Throws `not_found` with what was probably meant. */
export function operationOf(connectors: readonly Connector[], handle: string, name: string): FoundOperation {
  const connector = connectorOf(connectors, handle);
  const found = findOperation(connector, name);
  if (found) return { connector, ...found };
  const names = operationsOf(connector).map(({ operation }) => operation.id);
  throw new TidewireError("not_found", `"${handle}" has no operation "${name}". ${suggestion(name, names)}`);
}
