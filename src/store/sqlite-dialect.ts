import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import SqliteClient, { type Database as Client, type Options } from "better-sqlite3";
import type { Clock } from "../kernel/clock.ts";
import type { DatabaseSize } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import { drizzle } from "./drizzle.ts";
import { GroupCommit } from "./group-commit.ts";
import { sqliteTables } from "./sqlite-tables.ts";

/** Bytes. Twice SQLite's default: event payloads then rarely need a chain of overflow pages. Takes effect in a new file. */
const PAGE_SIZE = 8192;
/** How long the start waits for a process that writes to the file. */
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

/** SQLite as the store needs it. Closing it closes the client and then calls `closed`; `clock` is for waiting on a lock. */
export function sqliteDialect(client: Client, closed: () => void = () => {}, clock?: Clock): Dialect {
  const commits = new GroupCommit(client, clock);
  return {
    db: drizzle({ client, casing: "snake_case" }),
    tables: sqliteTables,
    atomically: (plan) => commits.add(plan),
    size: () => sizeOf(client),
    trouble: () => commits.trouble,
    async close() {
      commits.close();
      client.close();
      closed();
    },
  };
}

async function sizeOf(client: Client): Promise<DatabaseSize> {
  if (client.memory) {
    const pages = client.pragma("page_count", { simple: true });
    return { database: Number(pages) * PAGE_SIZE, log: 0, free: null };
  }
  const bytesOf = async (file: string) => (await stat(file).catch(() => null))?.size ?? 0;
  const [database, log, disk] = await Promise.all([
    bytesOf(client.name),
    bytesOf(`${client.name}-wal`),
    statfs(dirname(client.name)),
  ]);
  return { database, log, free: disk.bavail * disk.bsize };
}
