import type { JsonObject } from "../../kernel/json.ts";

const DESCRIPTION = `Where a provider sends its own webhooks, of all types: \`inbound_url\` of the connection. No key is needed: the signature, made with the
connection's signing secret, is the proof.

A 2xx says that the event is stored; the same event sent again is answered the same and told once. Anything else may be sent again.`;

/** The address for providers in OpenAPI: no Command, because it is no caller of ours that speaks there. */
export const INBOUND_PATHS: JsonObject = {
  "/inbound/{connector}/{connection}": {
    post: {
      operationId: "inbound",
      summary: "Take a webhook of the provider.",
      description: DESCRIPTION,
      tags: ["inbound"],
      security: [],
      parameters: ["connector", "connection"].map((name) => ({
        name,
        in: "path",
        required: true,
        schema: { type: "string" },
      })),
      requestBody: { content: { "application/json": {} } },
      responses: {
        "204": { description: "It is stored." },
        default: {
          description: "It is not taken.",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  },
};
