import { closeSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { Database as Client } from "better-sqlite3";
import type { Clock } from "../kernel/clock.ts";
import { TidewireError } from "../kernel/errors.ts";
import { makeFolder } from "../kernel/make-folder.ts";
import type { Store } from "./contract.ts";
import { drizzle } from "./drizzle.ts";
import { lockFile } from "./lock.ts";
import { MIGRATIONS, migrateSqlite } from "./migrate.ts";
import { openClient } from "./sqlite-client.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { createStore } from "./store.ts";
import { notOpened } from "./trouble.ts";

export interface SqliteOptions {
  /** A file (made, with its folder, when it is not there) or `:memory:`. */
  path: string;
  migrationsFolder?: string;
  /** For waiting on another process's lock; the system's unless given. */
  clock?: Clock;
}

/**
 * Opens the database for this process alone and brings its tables up to date. Every commit is durable when it resolves.
 * Throws `database_locked`, `database_newer`, `database_full`, `database_busy` and `database_unwritable`, each naming the file.
 */
export async function openSqliteStore({ path, migrationsFolder = MIGRATIONS, clock }: SqliteOptions): Promise<Store> {
  try {
    if (path === ":memory:") return await openStore(path, migrationsFolder, () => {}, clock);
    createFile(path);
    return await openStore(path, migrationsFolder, lockFile(path), clock);
  } catch (error) {
    throw error instanceof TidewireError ? error : notOpened(path, error);
  }
}

/** Makes the folder and the file, readable for its owner alone: it holds sealed credentials and payloads. */
function createFile(path: string): void {
  makeFolder(dirname(path));
  for (const file of [path, `${path}.lock`]) closeSync(openSync(file, "a", 0o600));
}

async function openStore(path: string, migrationsFolder: string, unlock: () => void, clock?: Clock): Promise<Store> {
  let client: Client | undefined;
  try {
    client = openClient(path);
    migrateSqlite(drizzle({ client }), migrationsFolder, path);
    return await createStore(sqliteDialect(client, unlock, clock));
  } catch (error) {
    client?.close();
    unlock();
    throw error;
  }
}
