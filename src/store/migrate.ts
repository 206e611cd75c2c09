import { fileURLToPath } from "node:url";
import { TidewireError } from "../kernel/errors.ts";
import type { Database } from "./dialect.ts";
import { migrate, readMigrationFiles, sql } from "./drizzle.ts";

/** Where drizzle's migrator keeps what it applied. */
const APPLIED = "__drizzle_migrations";

/** The same from `src/store` and, in the published package, from `dist/store`. */
export const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite", import.meta.url));

/**
 * Applies the migrations of `folder` (made by drizzle-kit from tables.ts) that the database lacks.
 * Throws `database_newer` when it has one that this version does not know.
 */
export function migrateSqlite(db: Database, folder: string, path: string): void {
  checkMigrations(db, folder, path);
  migrate(db, { migrationsFolder: folder, migrationsTable: APPLIED });
}

/** Throws `database_newer` when the database has a migration that `folder` does not know. */
export function checkMigrations(db: Database, folder: string, path: string): void {
  const known = new Set(readMigrationFiles({ migrationsFolder: folder }).map((migration) => migration.hash));
  if (appliedTo(db).some((hash) => !known.has(hash))) {
    throw new TidewireError(
      "database_newer",
      `The database ${path} was made by a newer version of Tidewire; install that version, or give another DATABASE_URL.`,
    );
  }
}

function appliedTo(db: Database): string[] {
  const table = db.all(sql`SELECT name FROM sqlite_master WHERE type = 'table' AND name = ${APPLIED}`);
  if (table.length === 0) return [];
  return db.all<{ hash: string }>(sql`SELECT hash FROM ${sql.identifier(APPLIED)}`).map((row) => row.hash);
}
