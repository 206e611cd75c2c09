import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Server, startServer } from "./server.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** The program as it is published, and as it runs from a clone. */
const BIN = join(ROOT, "bin/tidewire.js");

export const KEY = `tw_${"bench".repeat(8)}`;

/** What the product needs to run in a folder, and to reach programs of this machine. */
function settings(folder: string): Record<string, string> {
  return {
    PORT: "0",
    DATABASE_URL: `file:${join(folder, "tidewire.db")}`,
    TIDEWIRE_ROOT_KEY: KEY,
    TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 7).toString("base64"),
    TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1",
    TIDEWIRE_ALLOWED_UPSTREAMS: "127.0.0.1",
    TIDEWIRE_SANDBOX: "off",
    LOG_LEVEL: "info",
  };
}

/** Starts the product on a database of its folder, as `tidewire serve` does. */
export function startProduct(folder: string, bin = BIN): Promise<Server> {
  return startServer([bin, "serve"], settings(folder));
}

/** Makes the connection `default`, whose provider is at `upstream`; it is probed. */
export async function connectTo(server: Server, upstream: string): Promise<void> {
  const response = await fetch(`${server.url}/v1/connections`, {
    method: "POST",
    headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json" },
    body: JSON.stringify({
      connector: "claude-api",
      name: "default",
      credentials: { apiKey: "sk-ant-bench" },
      params: { baseUrl: `${upstream}/v1` },
    }),
  });
  if (response.status !== 201) throw new Error(`The connection could not be made: ${await response.text()}`);
}
