import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** The column builders of one database. Another database's kit offers the same names, so that the tables are written once. */
export const sqliteKit = {
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

export type Kit = typeof sqliteKit;
