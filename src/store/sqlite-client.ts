import SqliteClient, { type Database as Client, type Options } from "better-sqlite3";

/** Bytes. Twice SQLite's default: event payloads then rarely need a chain of overflow pages. Takes effect in a new file. */
export const PAGE_SIZE = 8192;
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
