import { z } from "zod";
import type { Command } from "../../command.ts";
import { ERROR_CODES } from "../../kernel/errors.ts";
import type { Json, JsonObject, JsonSchema } from "../../kernel/json.ts";
import type { Connector } from "../../manifest/connector.ts";
import { payloadSchema } from "../../manifest/outputs.ts";
import { eventsOf } from "../../manifest/triggers.ts";
import { VERSION } from "../../version.ts";

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
    paths: pathsOf(commands),
    webhooks: Object.fromEntries(
      connectors.flatMap((c) => eventsOf(c).map(({ event }) => [event.type, webhook(event)])),
    ),
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A Tidewire key, tw_…" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
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
  },
};

function pathsOf(commands: readonly Command[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const target of commands) {
    const path = target.http.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [target.http.method.toLowerCase()]: operationOf(target) };
  }
  return paths;
}

function operationOf(target: Command): JsonObject {
  const schema = inputSchemaOf(target);
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const inPath = [...target.http.path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
  const others = Object.keys(properties).filter((name) => !inPath.includes(name));
  const bodyMember =
    target.http.method === "GET" || target.http.method === "DELETE" ? null : (target.http.bodyAs ?? "");
  const inQuery = bodyMember === "" ? [] : others.filter((name) => name !== target.http.bodyAs);
  const required = (schema.required ?? []) as string[];
  return {
    operationId: target.name.replaceAll(".", "_"),
    summary: target.summary,
    tags: [target.name.split(".")[0] ?? "other"],
    ...(target.scope === null ? {} : { "x-scope": target.scope }),
    parameters: [
      ...inPath.map((name) => parameter(name, "path", properties[name] ?? { type: "string" }, true)),
      ...inQuery.map((name) => parameter(name, "query", properties[name] ?? {}, required.includes(name))),
    ],
    ...(bodyMember === null
      ? {}
      : { requestBody: { content: { "application/json": { schema: bodySchema(schema, bodyMember, inPath) } } } }),
    responses: {
      [String(target.http.status ?? 200)]: {
        description: "Done.",
        content: { "application/json": { schema: resultSchema(target) } },
      },
      default: {
        description: "It failed.",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

function parameter(name: string, place: "path" | "query", schema: JsonSchema, required: boolean): Json {
  return { name, in: place, required, schema };
}

function inputSchemaOf(target: Command): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(target.input, { io: "input", unrepresentable: "any" });
  return schema as JsonSchema;
}

function bodySchema(schema: JsonSchema, member: string, inPath: string[]): JsonSchema {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  if (member !== "") return properties[member] ?? { type: "object" };
  const kept = Object.entries(properties).filter(([name]) => !inPath.includes(name));
  const required = ((schema.required ?? []) as string[]).filter((name) => !inPath.includes(name));
  return { type: "object", properties: Object.fromEntries(kept), ...(required.length > 0 ? { required } : {}) };
}

function resultSchema(target: Command): JsonSchema {
  const output = target.output ?? {};
  if (target.http.bare) return output;
  const listed = target.name.endsWith(".list");
  if (!listed) return { type: "object", required: ["result"], properties: { result: output } };
  return {
    type: "object",
    required: ["result", "next_cursor"],
    properties: { result: { type: "array", items: output }, next_cursor: { type: ["string", "null"] } },
  };
}

function webhook(event: ReturnType<typeof eventsOf>[number]["event"]): JsonObject {
  return {
    post: {
      operationId: `webhook_${event.type.replaceAll(".", "_")}`,
      summary: event.description,
      security: [],
      requestBody: {
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["id", "type", "timestamp", "connector", "connection", "resource", "data"],
              properties: {
                id: { type: "string" },
                type: { type: "string", const: event.type },
                timestamp: { type: "string", format: "date-time" },
                connector: { type: "string" },
                connection: { type: "string" },
                resource: { type: "string" },
                data: payloadSchema(event),
              },
            },
          },
        },
      },
      responses: { "2XX": { description: "Received." } },
    },
  };
}
