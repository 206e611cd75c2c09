import { selectValue } from "../engine/select.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import { isObject, type Json } from "../kernel/json.ts";
import type { Connector, Operation, Resource } from "../manifest/connector.ts";
import { suggestion } from "../manifest/nearest.ts";
import { findOperation, operationsOf } from "../manifest/triggers.ts";

export interface FoundOperation {
  connector: Connector;
  resource: Resource;
  operation: Operation;
}

/** The connector of a handle. Throws `not_found`. */
export function connectorOf(connectors: readonly Connector[], handle: string): Connector {
  const connector = connectors.find((c) => c.handle === handle);
  if (!connector) throw notFound("connector", handle);
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

/** An input in the argument shape of the alias that was called, as the operation's own; as it is for its own name. */
export function unaliased({ aliases }: Operation, name: string, raw: unknown): unknown {
  const shape = aliases.find((alias) => alias.name === name)?.input ?? null;
  if (!isObject(shape)) return raw;
  const input: Record<string, unknown> = {};
  for (const [ours, theirs] of Object.entries(shape)) {
    const selector = Array.isArray(theirs) ? (theirs as (string | number)[]) : [String(theirs)];
    const value = selectValue(selector, (raw ?? {}) as Json);
    if (value !== undefined) input[ours] = value;
  }
  return input;
}
