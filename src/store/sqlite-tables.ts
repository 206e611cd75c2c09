import { sql, sqliteCore } from "./drizzle.ts";
import { sqliteKit } from "./tables/kit.ts";
import { describeTables } from "./tables.ts";

/** The tables as SQLite has them. */
export const sqliteTables = describeTables(sqliteKit({ sql, core: sqliteCore }));
