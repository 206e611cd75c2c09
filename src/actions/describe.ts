import { oncePer } from "../engine/once-per.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Connector, EventRule, Operation, Resource } from "../manifest/connector.ts";
import { inputSchema } from "../manifest/inputs.ts";
import { outputSchema, payloadSchema } from "../manifest/outputs.ts";
import { basePathOf, credentialFieldsOf, eventsOf, operationsOf, pathOf } from "../manifest/triggers.ts";
import type { Surface } from "../model/surface.ts";

const described = oncePer<Connector, JsonObject>();

/**
 * A connector as callers see it who came by `surface`: what it needs, what it can do there and what it tells. `offered`: whether this caller can run the
 * operations that need the credential of that name.
 */
export function describeConnector(
  connector: Connector,
  surface: Surface | undefined,
  offered: (auth: string) => boolean,
): JsonObject {
  const whole = descriptionOf(connector);
  const all = whole.operations as JsonObject[];
  const here = surface === undefined ? all : all.filter(({ expose }) => (expose as Surface[]).includes(surface));
  const operations = here.map((operation) => ({
    ...operation,
    available: operation.unsupported === null && offered(operation.credential as string),
  }));
  return { ...whole, operations };
}

/** All of it that is the same for every caller. Made once. */
function descriptionOf(connector: Connector): JsonObject {
  return described(connector, () => ({
    handle: connector.handle,
    aliases: connector.aliases,
    base_path: basePathOf(connector),
    version: connector.version,
    status: connector.status,
    name: connector.meta.short,
    description: connector.meta.description,
    tags: connector.meta.tags ?? [],
    credentials: credentialFieldsOf(connector).map((field) => ({ ...field })),
    params: connector.params.map(({ name, type, required, description }) => ({ name, type, required, description })),
    resources: connector.resources.map(({ handle, parent, meta }) => ({
      handle,
      parent,
      name: meta.short,
      description: meta.description,
    })),
    operations: operationsOf(connector).map(({ resource, operation }) => describeOperation(resource, operation)),
    events: eventsOf(connector).map(({ event }) => describeEvent(event)),
    unified: describeUnified(connector),
  }));
}

/** The models of the unified user directory that the connector maps, each with the verbs that it can do. */
function describeUnified({ directory }: Connector): JsonObject {
  const models = Object.entries(directory).map(([model, { records, verbs }]) => {
    const done = Object.entries(verbs).filter(([, choices]) => choices.some((choice) => "operation" in choice));
    return [model, [...(records === null ? [] : ["list", "get"]), ...done.map(([verb]) => verb)]] as [string, string[]];
  });
  return models.length === 0 ? {} : { "user-directory": Object.fromEntries(models) };
}

function describeOperation(resource: Resource, operation: Operation): JsonObject {
  return {
    name: operation.id,
    aliases: operation.aliases.map((alias) => alias.name),
    description: operation.description,
    method: operation.method,
    path: pathOf(resource, operation),
    kind: operation.kind,
    effect: operation.effect,
    confirm: operation.confirm,
    expose: [...operation.expose],
    credential: operation.auth,
    deprecated: operation.deprecated,
    unsupported: operation.unsupported,
    input: inputSchema(operation),
    output: outputSchema(operation, resource),
  };
}

function describeEvent(event: EventRule): JsonObject {
  return {
    type: event.type,
    description: event.description,
    path: event.path,
    payload: payloadSchema(event),
    sample: event.sample,
  };
}
