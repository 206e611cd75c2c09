import type { Json, JsonSchema } from "../../kernel/json.ts";
import { type Client, requestAll, requestJson } from "./client.ts";

/** An operation as `GET /v1/connectors` tells it. */
export interface OperationView {
  name: string;
  aliases: string[];
  description: string;
  method: string;
  path: string;
  kind: string;
  effect: string;
  confirm: boolean;
  /** The credential it needs. */
  credential: string;
  /** Whether it runs with the connection that is meant. */
  available: boolean;
  deprecated: string | null;
  unsupported: string | null;
  input: JsonSchema;
}

export interface ConnectorView {
  handle: string;
  aliases: string[];
  base_path: string;
  operations: OperationView[];
  events: { type: string }[];
}

/** All connectors of the product, with their operations. */
export async function connectorsOf(client: Client): Promise<ConnectorView[]> {
  return (await requestAll(client, "/v1/connectors")) as unknown as ConnectorView[];
}

/** Those that have a connection of that name, as it may use them. Throws `not_found` when none has. */
export async function connectorsWith(client: Client, connection: string): Promise<ConnectorView[]> {
  const query = new URLSearchParams({ connection });
  const views = (await connectorsOf(client)).map(async ({ handle }) => {
    const answer = (await requestJson(client, "GET", `/v1/connectors/${handle}?${query.toString()}`)) as {
      result: Json;
    };
    return answer.result as unknown as ConnectorView;
  });
  const answers = await Promise.allSettled(views);
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  const refusal = answers.find((answer) => answer.status === "rejected");
  if (found.length === 0 && refusal) throw refusal.reason;
  return found;
}
