import type { Column, SQL } from "drizzle-orm";
import { sql } from "../drizzle.ts";

/** Holds for the rows whose `column` is one of the values of the placeholder `ids`: one prepared statement for any number of them. */
export function amongIds(column: Column): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${sql.placeholder("ids")}))`;
}

/** What to fill the placeholder `ids` with. */
export function idsParam(ids: readonly (string | number)[]): { ids: string } {
  return { ids: JSON.stringify(ids) };
}
