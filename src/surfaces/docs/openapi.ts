import { z } from "zod";
import type { Command } from "../../command.ts";
import { type EventType, eventTypes } from "../../events/event-types.ts";
import { ERROR_CODES } from "../../kernel/errors.ts";
import type { Json, JsonObject, JsonSchema } from "../../kernel/json.ts";
import type { Connector, Operation } from "../../manifest/connector.ts";
import { inputSchema } from "../../manifest/inputs.ts";
import { VERSION } from "../../version.ts";
import { HOOK_PATH } from "../http/caller.ts";
import { answerContent, type Behind, operationsBehind, requestContent } from "./content.ts";
import { INBOUND_PATHS } from "./inbound.ts";
import { PROXY_PATHS } from "./proxy.ts";
import { ACCEPTED, mayWait, PREFER } from "./respond-async.ts";
import { SERVER_PATHS } from "./server-paths.ts";

/** The OpenAPI 3.1 document of everything the server can do, with the events it sends as `webhooks`. */
export function printOpenApi(commands: readonly Command[], connectors: readonly Connector[]): JsonObject {
  return {
    openapi: "3.1.0",
    info: {
      title: "Tidewire",
      version: VERSION,
      description: "Actions of HTTP APIs, and signed webhooks for the changes they never announce.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths: { ...pathsOf(commands, operationsBehind(connectors)), ...PROXY_PATHS, ...INBOUND_PATHS, ...SERVER_PATHS },
    webhooks: webhooksOf(eventTypes(connectors)),
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A Tidewire key, tw_…" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
        hookKey: {
          type: "apiKey",
          in: "query",
          name: "api_key",
          description: "For platforms that can send nothing else: a key with the scope `subscriptions` and no other.",
        },
      },
      schemas: { Problem: PROBLEM },
    },
  };
}

const PROBLEM: JsonSchema = {
  type: "object",
  description: "RFC 9457 problem details; `code` is stable.",
  required: ["type", "title", "status", "detail", "code", "request_id"],
  properties: {
    type: { type: "string", format: "uri" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", enum: Object.keys(ERROR_CODES) },
    errors: { type: "array", items: { type: "object" } },
    request_id: { type: "string" },
    upstream: { type: "object", description: "What the provider said, when it failed." },
    gap: { type: "object", description: "Of `cursor_expired`: `after`, `reason`, and `resumed_at`, where to go on." },
  },
};

function pathsOf(commands: readonly Command[], behind: Behind): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const target of commands) {
    const operation = behind(target);
    if (operation && !operation.expose.includes("http")) continue;
    const path = target.http.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [target.http.method.toLowerCase()]: operationOf(target, operation) };
  }
  return paths;
}

function operationOf(target: Command, operation: Operation | undefined): JsonObject {
  const { parameters, body } = requestOf(target, operation);
  return {
    operationId: target.name.replaceAll(".", "_"),
    summary: target.summary,
    ...warningOf(operation),
    tags: [target.name.split(".")[0] ?? "other"],
    ...(target.scope === null ? {} : { "x-scope": target.scope }),
    ...(target.http.path.startsWith(HOOK_PATH) ? { security: [{ bearer: [] }, { apiKey: [] }, { hookKey: [] }] } : {}),
    parameters,
    ...(body === null ? {} : { requestBody: { content: requestContent(body, operation) } }),
    responses: {
      [String(target.http.status ?? 200)]: { description: "Done.", content: answerContent(target, operation) },
      ...(mayWait(target, operation) ? { "202": ACCEPTED } : {}),
      default: {
        description: "It failed.",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

/** What is done no more, and what the API cannot do at all, should not be built upon. */
function warningOf(operation: Operation | undefined): JsonObject {
  const reason = operation?.deprecated ?? operation?.unsupported ?? null;
  return reason === null ? {} : { description: reason, deprecated: true };
}

/** Where each member of a command's input goes. An operation's own input is the body; what is beside it goes in the query. */
function requestOf(target: Command, operation: Operation | undefined): { parameters: Json[]; body: JsonSchema | null } {
  const { http } = target;
  const schema = inputSchemaOf(target);
  const inPath = [...http.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
  const hasBody = http.method !== "GET" && http.method !== "DELETE";
  const own = operation && inputSchema(operation);
  const inQuery = Object.keys(schema.properties as JsonObject).filter((name) => {
    if (inPath.includes(name) || name === http.bodyAs || name === http.asyncAs) return false;
    return own ? !Object.hasOwn(own.properties as JsonObject, name) : !hasBody || http.bodyAs !== undefined;
  });
  return {
    parameters: [
      ...inPath.map((name) => parameter(name, "path", schema, true)),
      ...inQuery.map((name) => parameter(name, "query", schema, isRequired(schema, name))),
      ...(mayWait(target, operation) ? [PREFER] : []),
      ...(http.resumeAs === undefined ? [] : [LAST_EVENT_ID]),
    ],
    body: hasBody ? (own ?? bodySchema(schema, http.bodyAs, [...inPath, ...inQuery])) : null,
  };
}

/** What a reader sends who comes again; browsers do it by themselves. */
const LAST_EVENT_ID: JsonObject = {
  name: "Last-Event-ID",
  in: "header",
  required: false,
  description: "The `id` of the last event that came: the stream goes on exactly after it.",
  schema: { type: "string" },
};

function parameter(name: string, place: "path" | "query", schema: JsonSchema, required: boolean): Json {
  return { name, in: place, required, schema: (schema.properties as JsonObject)[name] ?? {} };
}

function isRequired(schema: JsonSchema, name: string): boolean {
  return ((schema.required ?? []) as string[]).includes(name);
}

/** What a command takes, as JSON Schema of an object. */
export function inputSchemaOf(target: Command): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(target.input, { io: "input", unrepresentable: "any" });
  return { properties: {}, ...(schema as JsonSchema) };
}

/** The member that is the whole body, or all members that go nowhere else. */
function bodySchema(schema: JsonSchema, member: string | undefined, elsewhere: string[]): JsonSchema {
  const properties = schema.properties as Record<string, JsonSchema>;
  if (member !== undefined) return properties[member] ?? { type: "object" };
  const kept = Object.entries(properties).filter(([name]) => !elsewhere.includes(name));
  const required = kept.map(([name]) => name).filter((name) => isRequired(schema, name));
  return { type: "object", properties: Object.fromEntries(kept), ...(required.length > 0 ? { required } : {}) };
}

/** Each type by its name, those that several connectors have by the connector's too. */
function webhooksOf(types: readonly EventType[]): JsonObject {
  const named = types.map((eventType): [string, JsonObject] => {
    const { type, connector } = eventType;
    const isShared = types.some((other) => other.type === type && other.connector !== connector);
    const name = isShared ? `${connector}/${type}` : type;
    return [name, webhook(name, eventType)];
  });
  return Object.fromEntries(named);
}

function webhook(name: string, { type, connector, description, payload }: EventType): JsonObject {
  return {
    post: {
      operationId: `webhook_${name.replace(/[./]/g, "_")}`,
      summary: description,
      security: [],
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["id", "type", "timestamp", "connector", "connection", "resource", "data"],
              properties: {
                id: { type: "string" },
                type: { type: "string", const: type },
                timestamp: { type: "string", format: "date-time" },
                connector: { type: "string", const: connector },
                connection: { type: "string" },
                resource: { type: "string" },
                data: payload,
              },
            },
          },
        },
      },
      responses: { "2XX": { description: "Received." } },
    },
  };
}
