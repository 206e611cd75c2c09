import type { JsonObject } from "../../kernel/json.ts";

const METHODS = ["get", "post", "put", "patch", "delete"];

const DESCRIPTION = `The provider's API as it is, with the connection's credential in place of your key: an official SDK works with this as its
base URL and a Tidewire key as its own. \`path\` is the provider's own, slashes and all, with or without the path of its base URL.

Status, headers and body come back as the provider sent them, streams as they come; nothing is retried. Links to the provider, where the
manifest names any, become links to this address.

The scope is that of the operation with the same method and path (\`actions:read\` or \`actions:write\`); a path that no operation names
needs \`admin\`.`;

/** The proxy in OpenAPI, which has no way to say "any path": tools that percent-encode slashes reach one segment only. */
export const PROXY_PATHS: JsonObject = {
  "/v1/proxy/{connector}/{path}": Object.fromEntries(METHODS.map((method) => [method, operationOf(method)])),
};

function operationOf(method: string): JsonObject {
  const hasBody = method !== "get" && method !== "delete";
  return {
    operationId: `proxy_${method}`,
    summary: `Send a ${method.toUpperCase()} to the provider as it is.`,
    description: DESCRIPTION,
    tags: ["proxy"],
    parameters: [
      { name: "connector", in: "path", required: true, schema: { type: "string" } },
      { name: "path", in: "path", required: true, schema: { type: "string" }, example: "v1/models" },
      account("connection", "query"),
      account("Tidewire-Connection", "header"),
    ],
    ...(hasBody ? { requestBody: { content: { "*/*": {} } } } : {}),
    responses: {
      default: {
        description: "The provider's answer; or, as problem details, why there is none.",
        content: { "*/*": {} },
      },
    },
  };
}

function account(name: string, place: "query" | "header"): JsonObject {
  return { name, in: place, required: false, schema: { type: "string" }, description: "Name or id of the connection." };
}
