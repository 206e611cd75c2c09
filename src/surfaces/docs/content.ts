import type { Command } from "../../command.ts";
import type { Json, JsonObject, JsonSchema } from "../../kernel/json.ts";
import type { Connector, Operation } from "../../manifest/connector.ts";
import { operationsOf } from "../../manifest/triggers.ts";

/** Finds the operation behind a command that runs one; undefined for a command of our own. */
export type Behind = (target: Command) => Operation | undefined;

/** Looks operations up by the address at which they are run. */
export function operationsBehind(connectors: readonly Connector[]): Behind {
  const byPath = new Map(
    connectors.flatMap((connector) =>
      operationsOf(connector).map(({ operation }) => [
        `/v1/connectors/${connector.handle}/operations/${operation.id}`,
        operation,
      ]),
    ),
  );
  return ({ http }) => byPath.get(http.path);
}

/** OpenAPI `content` of a request's body: JSON, and a form as well where there are files. */
export function requestContent(schema: JsonSchema, operation: Operation | undefined): JsonObject {
  const asJson = { "application/json": { schema } };
  const files = (operation?.inputs ?? []).filter(({ type, items }) => type === "Binary" || items === "Binary");
  if (files.length === 0) return asJson;
  const properties = { ...(schema.properties as Record<string, JsonSchema>) };
  for (const { name, type } of files) properties[name] = type === "Binary" ? FILE : { type: "array", items: FILE };
  return { ...asJson, "multipart/form-data": { schema: { ...schema, properties } } };
}

const FILE: JsonSchema = { type: "string", contentMediaType: "application/octet-stream" };

/** OpenAPI `content` of what a command answers when it went well. */
export function answerContent(target: Command, operation: Operation | undefined): JsonObject {
  const output = target.output ?? {};
  const asJson = (schema: JsonSchema) => ({ "application/json": { schema } });
  if (operation === undefined) {
    if (target.http.bare) return asJson(output);
    if (target.http.resumeAs !== undefined) return FEED;
    const more = callsProvider(target) ? META : {};
    return asJson(target.name.endsWith(".list") ? listOf(output, more) : resultOf(output, more));
  }
  switch (operation.response.type) {
    case "binary":
      return { "*/*": { schema: FILE } };
    case "jsonl":
      return { "application/x-ndjson": { schema: { ...TEXT, description: "JSON Lines: one value on each line." } } };
    case "sse":
      return EVENT_STREAM;
    default: {
      const record = { anyOf: [output, RAW] };
      const answer = operation.response.records === null ? resultOf(record, META) : listOf(record, META);
      return { ...asJson(answer), ...(operation.response.stream ? EVENT_STREAM : {}) };
    }
  }
}

/** True for a command of our own that runs an operation, and tells about the call behind it. */
function callsProvider({ http }: Command): boolean {
  return http.asyncAs !== undefined || http.path.startsWith("/v1/unified/");
}

const RAW: JsonSchema = { type: "object", description: "With `?fields=raw`: the provider's own record." };
const TEXT: JsonSchema = { type: "string" };
const EVENT_STREAM: JsonObject = {
  "text/event-stream": { schema: { ...TEXT, description: "Server-sent events, as the provider sends them." } },
};

const FEED: JsonObject = {
  "text/event-stream": {
    schema: {
      ...TEXT,
      description:
        "Server-sent events: `id` is the cursor, `event` the type (or `gap`), `data` the event. Comments keep it open.",
    },
  },
};

/** What an operation's answer tells about the call behind it. */
const META: JsonObject = {
  meta: {
    type: "object",
    properties: {
      connection: TEXT,
      sandbox: { type: "boolean", description: "True when the sandbox answered." },
      attempts: { type: "integer" },
      upstream: {
        type: "object",
        properties: {
          status: { type: "integer" },
          request_id: { type: ["string", "null"] },
          headers: { type: "object" },
        },
      },
    },
  },
};

function resultOf(output: Json, more: JsonObject = {}): JsonSchema {
  return { type: "object", required: ["result"], properties: { result: output, ...more } };
}

function listOf(output: Json, more: JsonObject = {}): JsonSchema {
  const properties = { result: { type: "array", items: output }, next_cursor: { type: ["string", "null"] }, ...more };
  return { type: "object", required: ["result", "next_cursor"], properties };
}
