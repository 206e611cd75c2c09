import { sql } from "drizzle-orm";
import * as core from "drizzle-orm/sqlite-core";
import { sqliteKit } from "./tables/kit.ts";
import { describeTables } from "./tables.ts";

/** For `drizzle-kit generate` alone: it looks for tables among a file's exports and writes the migrations in `drizzle/sqlite`. */
export const {
  connections,
  keys,
  subscriptions,
  pollers,
  items,
  itemSets,
  discarded,
  pages,
  sweeps,
  events,
  deliveries,
  attempts,
  jobs,
  runs,
  idempotency,
  settings,
} = describeTables(sqliteKit({ sql, core }));
