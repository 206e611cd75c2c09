import type { JsonSchema } from "../../kernel/json.ts";
import { type Client, requestAll, requestJson } from "./client.ts";

/** An operation as `GET /v1/connectors/{connector}` tells it. */
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
  id: string;
  operations: OperationView[];
  events: { type: string }[];
}

/** All connectors of the product, with their operations. */
export async function connectorsOf(client: Client): Promise<ConnectorView[]> {
  const handles = (await requestAll(client, "/v1/connectors")) as { handle: string }[];
  return Promise.all(
    handles.map(async ({ handle }) => {
      const { result } = (await requestJson(client, "GET", `/v1/connectors/${handle}`)) as unknown as {
        result: ConnectorView;
      };
      return { ...result, id: handle };
    }),
  );
}
