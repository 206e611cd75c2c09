import { TidewireError } from "../../kernel/errors.ts";
import type { Cli } from "./cli.ts";
import type { Client } from "./client.ts";
import { usageError } from "./terminal.ts";

/**
 * The product for one command: the server of `TIDEWIRE_URL`, else the one that holds the local database, else the database
 * itself, opened here. The client is closed afterwards, whatever happens.
 */
export async function withClient<T>(cli: Cli, use: (client: Client) => Promise<T>): Promise<T> {
  const client = openServer(cli) ?? (await cli.product.openLocal());
  try {
    return await use(client);
  } catch (error) {
    throw explained(error, client);
  } finally {
    await client.close();
  }
}

/** The error as the person at the command line can mend it: with another key, when the server does not know this one. */
export function explained(error: unknown, client: Client): unknown {
  if (!(error instanceof TidewireError) || error.code !== "unauthorized") return error;
  const message = `${client.at} does not know the key that this command used; set TIDEWIRE_KEY to one of its keys.`;
  return new TidewireError("unauthorized", message, { cause: error });
}

/** The server of `TIDEWIRE_URL`, else the one that holds the local database; null when none runs. */
export function openServer(cli: Cli): Client | null {
  const config = cli.config();
  if (config.TIDEWIRE_URL) {
    if (!config.TIDEWIRE_KEY) throw usageError("TIDEWIRE_URL is set; set TIDEWIRE_KEY to a key of that server too.");
    return cli.product.connect(config.TIDEWIRE_URL, config.TIDEWIRE_KEY.reveal());
  }
  const running = cli.product.findServer(config);
  if (!running) return null;
  const key = config.TIDEWIRE_KEY?.reveal() ?? config.TIDEWIRE_ROOT_KEY?.reveal() ?? running.key;
  if (!key) throw usageError(`A server runs at ${running.url}; set TIDEWIRE_KEY to one of its keys.`);
  return cli.product.connect(running.url, key);
}
