import { CALLBACK_PATH } from "../../connections/authorization/begin.ts";
import type { JsonObject, JsonSchema } from "../../kernel/json.ts";

const TEXT: JsonSchema = { type: "string" };
const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

const health = (properties: JsonObject): JsonObject => ({
  "application/json": { schema: { type: "object", required: Object.keys(properties), properties } },
});

/** What the server itself answers, without a Command: for those who run it, and for browsers that come back from a provider. */
export const SERVER_PATHS: JsonObject = {
  "/health/live": read("health_live", "Whether the process runs.", {
    "200": { description: "It runs.", content: health({ status: TEXT }) },
  }),
  "/health/ready": read("health_ready", "Whether it can do its work, and else why not.", {
    "200": { description: "It can.", content: health({ ready: { const: true } }) },
    "503": { description: "It cannot.", content: health({ ready: { const: false } }) },
  }),
  "/metrics": {
    get: {
      operationId: "metrics",
      summary: "Metrics for Prometheus.",
      description: "With a key that has the scope `metrics`; without one only on the machine itself.",
      tags: ["server"],
      security: [{}, { bearer: [] }, { apiKey: [] }],
      "x-scope": "metrics",
      responses: {
        "200": { description: "In Prometheus' own form.", content: { "text/plain": { schema: TEXT } } },
        default: { description: "The key may not.", content: PROBLEM },
      },
    },
  },
  "/openapi.json": read("openapi", "This document.", {
    "200": { description: "OpenAPI 3.1.", content: { "application/json": { schema: { type: "object" } } } },
  }),
  [CALLBACK_PATH]: read(
    "oauth_callback",
    "Where a provider sends a person back who agreed to a connection (OAuth 2).",
    { default: { description: "A page that says how it ended.", content: { "text/html": { schema: TEXT } } } },
    ["state", "code", "error", "error_description"],
  ),
};

/** A GET that takes no key. */
function read(operationId: string, summary: string, responses: JsonObject, query: readonly string[] = []): JsonObject {
  const parameters = query.map((name) => ({ name, in: "query", required: false, schema: TEXT }));
  return { get: { operationId, summary, tags: ["server"], security: [], parameters, responses } };
}
