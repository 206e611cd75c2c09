import { TidewireError } from "../kernel/errors.ts";
import type { Connector, Operation } from "../manifest/connector.ts";
import { suggestion } from "../manifest/nearest.ts";
import { connectorNamed, findOperation, type NamedOperation, operationsOf } from "../manifest/triggers.ts";
import type { Surface } from "../model/surface.ts";

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

/**
 * The operation of a name or an alias; with `surface`, of those that are offered there. Throws `not_found` with what was probably
 * meant.
 */
export function operationOf(
  connectors: readonly Connector[],
  handle: string,
  name: string,
  surface?: Surface,
): FoundOperation {
  const connector = connectorOf(connectors, handle);
  const found = findOperation(connector, name);
  const isOffered = ({ operation }: { operation: Operation }) =>
    surface === undefined || operation.expose.includes(surface);
  if (found && isOffered(found)) return { connector, ...found };
  if (found) {
    throw new TidewireError(
      "not_found",
      `"${found.operation.id}" is not offered by ${surface}: its manifest says where.`,
    );
  }
  const names = operationsOf(connector)
    .filter(isOffered)
    .map(({ operation }) => operation.id);
  throw new TidewireError("not_found", `"${handle}" has no operation "${name}". ${suggestion(name, names)}`);
}
