import { sqliteKit } from "./tables/kit.ts";
import { describeTables } from "./tables.ts";

/** The tables as SQLite has them; `drizzle-kit generate` reads these exports and writes the migrations in `drizzle/sqlite`. */
export const sqliteTables = describeTables(sqliteKit);

export const {
  connections,
  keys,
  subscriptions,
  pollers,
  items,
  sweeps,
  events,
  deliveries,
  attempts,
  jobs,
  idempotency,
  settings,
} = sqliteTables;
