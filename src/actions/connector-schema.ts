import type { JsonSchema } from "../kernel/json.ts";

/** JSON Schema of a connector as `describeConnector` tells it. */
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
    resources: {
      type: "array",
      items: {
        type: "object",
        properties: {
          handle: { type: "string" },
          parent: { type: ["string", "null"], description: "The resource that it stands below." },
          name: { type: "string" },
          description: { type: "string" },
        },
      },
    },
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
          expose: { type: "array", items: { type: "string" }, description: "The surfaces that offer it." },
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
