import type { JsonSchema } from "../../kernel/json.ts";
import { type Client, requestAll } from "./client.ts";

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
  input: JsonSchema;
}

export interface ConnectorView {
  handle: string;
  operations: OperationView[];
  events: { type: string }[];
}

/** All connectors of the product, with their operations. */
export async function connectorsOf(client: Client): Promise<ConnectorView[]> {
  return (await requestAll(client, "/v1/connectors")) as unknown as ConnectorView[];
}
