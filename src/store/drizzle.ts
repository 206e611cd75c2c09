import { createRequire } from "node:module";
import type * as core from "drizzle-orm";
import type * as driver from "drizzle-orm/better-sqlite3";
import type * as driverMigrator from "drizzle-orm/better-sqlite3/migrator";
import type * as migrator from "drizzle-orm/migrator";
import type * as sqlite from "drizzle-orm/sqlite-core";

/**
 * Drizzle, loaded as CommonJS. For each ES module that it loads, Node (24.21) parses the package.json anew, and drizzle-orm
 * has a hundred modules and 180 KB of that: as ES modules it took 200 ms more at start and 190 MB more memory.
 */
const load = createRequire(import.meta.url);

export const {
  and,
  asc,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  is,
  lt,
  lte,
  ne,
  notExists,
  or,
  Param,
  Placeholder,
  sql,
} = load("drizzle-orm") as typeof core;
export const sqliteCore = load("drizzle-orm/sqlite-core") as typeof sqlite;
export const { drizzle } = load("drizzle-orm/better-sqlite3") as typeof driver;
export const { migrate } = load("drizzle-orm/better-sqlite3/migrator") as typeof driverMigrator;
export const { readMigrationFiles } = load("drizzle-orm/migrator") as typeof migrator;
