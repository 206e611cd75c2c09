import { oncePer } from "../engine/once-per.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import type { Connector, EventRule, Operation, Resource } from "../manifest/connector.ts";
import { inputSchema } from "../manifest/inputs.ts";
import { outputSchema, payloadSchema } from "../manifest/outputs.ts";
import { basePathOf, credentialFieldsOf, eventsOf, operationsOf, pathOf } from "../manifest/triggers.ts";

const described = oncePer<Connector, JsonObject>();

/**
 * A connector as callers see it: what it needs, what it can do and what it tells. `offered`: whether this caller can run the
 * operations that need the credential of that name.
 */
export function describeConnector(connector: Connector, offered: (auth: string) => boolean): JsonObject {
  const whole = descriptionOf(connector);
  const operations = (whole.operations as JsonObject[]).map((operation) => ({
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

export const CONNECTOR_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    handle: { type: "string" },
    aliases: { type: "array", items: { type: "string" }, description: "Other handles of it." },
    base_path: { type: "string", description: "The path of the base URL, which stands before the operations' own." },
    version: { type: "string" },
    status: { type: "string" },
    name: { type: "string" },
    description: { type: "string" },
    tags: { type: "array", items: { type: "string" } },
    credentials: { type: "array", items: { type: "object" } },
    params: { type: "array", items: { type: "object" } },
    operations: {
      type: "array",
      items: {
        type: "object",
        properties: {
          name: { type: "string" },
          aliases: { type: "array", items: { type: "string" } },
          method: { type: "string" },
          path: { type: "string", description: "Relative to the base URL." },
          kind: { type: "string", enum: ["query", "action"] },
          effect: { type: "string" },
          credential: { type: "string", description: "The credential it needs: `default`, or a further one." },
          available: { type: "boolean", description: "Whether it runs with the connection that is meant." },
          deprecated: { type: ["string", "null"], description: "Why it should not be used any more." },
          unsupported: { type: ["string", "null"], description: "Why the API cannot do this." },
          input: { type: "object", description: "JSON Schema." },
          output: { type: "object", description: "JSON Schema." },
        },
      },
    },
    unified: { type: "object", description: "Models of the unified user directory, each with what can be done." },
    events: {
      type: "array",
      items: {
        type: "object",
        properties: {
          type: { type: "string" },
          payload: { type: "object", description: "JSON Schema." },
          sample: { description: "A payload as it would be sent." },
        },
      },
    },
  },
};
