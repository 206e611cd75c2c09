import SqliteClient, { type Database as Client, type Options } from "better-sqlite3";
import type { Dialect } from "./dialect.ts";
import { drizzle } from "./drizzle.ts";
import { GroupCommit } from "./group-commit.ts";
import { sqliteTables } from "./sqlite-tables.ts";

/** Bytes. Twice SQLite's default: event payloads then rarely need a chain of overflow pages. Takes effect in a new file. */
const PAGE_SIZE = 8192;
/** How long a write waits for a reader from outside, such as a backup. */
const BUSY_TIMEOUT_MS = 5_000;

/** Opens the file, or `:memory:`, such that what is committed is on the disk. */
export function openClient(path: string, options: Options = {}): Client {
  const client = new SqliteClient(path, { timeout: BUSY_TIMEOUT_MS, ...options });
  try {
    client.pragma(`page_size = ${PAGE_SIZE}`);
    client.pragma("journal_mode = WAL");
    client.pragma("synchronous = FULL"); // better-sqlite3's default in WAL is NORMAL, which a power cut can undo
  } catch (error) {
    client.close();
    throw error;
  }
  return client;
}

/** SQLite as the store needs it. Closing it closes the client and then calls `closed`. */
export function sqliteDialect(client: Client, closed: () => void = () => {}): Dialect {
  const commits = new GroupCommit(client);
  return {
    db: drizzle({ client, casing: "snake_case" }),
    tables: sqliteTables,
    atomically: (plan) => commits.add(plan),
    async close() {
      commits.close();
      client.close();
      closed();
    },
  };
}
