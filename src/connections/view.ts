import { isoTime } from "../kernel/clock.ts";
import type { JsonObject, JsonSchema } from "../kernel/json.ts";
import type { Connection } from "../model/connection.ts";
import type { inboundView } from "./inbound.ts";

/** What is not in the connection itself. */
interface Beside {
  sandbox: boolean;
  inbound: ReturnType<typeof inboundView>;
}

/** A connection as callers see it: of its credentials only the names. */
export function connectionView(connection: Connection, { sandbox, inbound }: Beside): JsonObject {
  return {
    id: connection.id,
    connector: connection.connector,
    name: connection.name,
    params: { ...connection.params },
    credential_fields: [...connection.credentialFields],
    state: connection.state,
    account: connection.account,
    sandbox,
    ...inbound,
    created_at: isoTime(connection.createdAt),
    updated_at: isoTime(connection.updatedAt),
  };
}

export const CONNECTION_SCHEMA: JsonSchema = {
  type: "object",
  properties: {
    id: { type: "string" },
    connector: { type: "string" },
    name: { type: "string" },
    params: { type: "object", additionalProperties: { type: "string" } },
    credential_fields: {
      type: "array",
      items: { type: "string" },
      description: "Names of the credentials that are set; their values are never shown.",
    },
    state: { type: "string", enum: ["active", "needs_reauth"] },
    account: { type: ["string", "null"], description: "Whose account it is, as the provider said." },
    sandbox: { type: "boolean" },
    inbound_url: {
      type: ["string", "null"],
      description: "The address to give to the provider for its own webhooks; null when the connector takes none.",
    },
    inbound_hint: { type: ["string", "null"], description: "What is missing for them to be taken." },
    created_at: { type: "string", format: "date-time" },
    updated_at: { type: "string", format: "date-time" },
  },
  required: [
    "id",
    "connector",
    "name",
    "params",
    "credential_fields",
    "state",
    "account",
    "sandbox",
    "inbound_url",
    "inbound_hint",
    "created_at",
    "updated_at",
  ],
};
