import type { sql } from "drizzle-orm";
import type * as core from "drizzle-orm/sqlite-core";

/** What of drizzle a kit is made of; handed in, because drizzle-kit loads it in another way than we do. */
export interface SqliteParts {
  sql: typeof sql;
  core: Pick<typeof core, "index" | "integer" | "sqliteTable" | "text" | "uniqueIndex">;
}

export type Kit = ReturnType<typeof sqliteKit>;

/** The column builders of SQLite. Another database's kit offers the same names, so that the tables are written once. */
export function sqliteKit({ sql, core: { index, integer, sqliteTable, text, uniqueIndex } }: SqliteParts) {
  return {
    sql,
    table: sqliteTable,
    index,
    unique: uniqueIndex,
    text: <T extends string = string>() => text().$type<T>(),
    /** Whole numbers up to 2^53: counts, and times in ms since the epoch. */
    int: () => integer(),
    flag: () => integer({ mode: "boolean" }),
    json: <T>() => text({ mode: "json" }).$type<T>(),
    /** A number given by the database and never given twice, also after its row is gone. */
    serial: () => integer().primaryKey({ autoIncrement: true }),
  };
}
