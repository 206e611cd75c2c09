import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import SqliteClient, { type Database as Client } from "better-sqlite3";
import { drizzle } from "drizzle-orm/better-sqlite3";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import type { Store } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import { GroupCommit } from "./group-commit.ts";
import { lockFile } from "./lock.ts";
import { migrateSqlite } from "./migrate.ts";
import { sqliteTables } from "./sqlite-tables.ts";
import { createStore } from "./store.ts";

/** Bytes. Twice SQLite's default: event payloads then rarely need a chain of overflow pages. Takes effect in a new file. */
const PAGE_SIZE = 8192;
/** How long a write waits for a reader from outside, such as a backup. */
const BUSY_TIMEOUT_MS = 5_000;
/** The same from `src/store` and, in the published package, from `dist/store`. */
const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite", import.meta.url));

export interface SqliteOptions {
  /** A file (made, with its folder, when it is not there) or `:memory:`. */
  path: string;
  migrationsFolder?: string;
}

/**
 * Opens the database for this process alone and brings its tables up to date. Every commit is durable when it resolves.
 * Throws `database_locked`, `database_newer` and `database_unwritable`, each naming the file.
 */
export async function openSqliteStore({ path, migrationsFolder = MIGRATIONS }: SqliteOptions): Promise<Store> {
  const release: (() => void)[] = [];
  try {
    if (path !== ":memory:") {
      createFile(path);
      release.push(lockFile(path));
    }
    const client = new SqliteClient(path, { timeout: BUSY_TIMEOUT_MS });
    release.unshift(() => client.close());
    configure(client);
    const dialect = sqliteDialect(client, () => release.forEach((free) => free()));
    migrateSqlite(dialect.db, migrationsFolder, path);
    return await createStore(dialect);
  } catch (error) {
    for (const free of release) free();
    throw error instanceof TidewireError ? error : unwritable(path, error);
  }
}

/** Makes the folder and the file, readable for its owner alone: it holds sealed credentials and payloads. */
function createFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  closeSync(openSync(path, "a", 0o600));
  closeSync(openSync(`${path}.lock`, "a", 0o600));
}

function configure(client: Client): void {
  client.pragma(`page_size = ${PAGE_SIZE}`);
  client.pragma("journal_mode = WAL");
  client.pragma("synchronous = FULL"); // better-sqlite3's default in WAL is NORMAL, which a power cut can undo
}

function sqliteDialect(client: Client, release: () => void): Dialect {
  const db = drizzle({ client, casing: "snake_case" });
  const commits = new GroupCommit(client);
  return {
    db,
    tables: sqliteTables,
    atomically: (plan) => commits.add(plan),
    async close() {
      commits.close();
      release();
    },
  };
}

function unwritable(path: string, cause: unknown): TidewireError {
  return new TidewireError(
    "database_unwritable",
    `The database ${path} cannot be used: ${messageOf(cause)}. Check that DATABASE_URL names a SQLite file that this user may write.`,
    { cause },
  );
}
