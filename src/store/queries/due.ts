import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Lease, Queue } from "../../model/job.ts";
import type { Database } from "../dialect.ts";
import { and, asc, eq, gt, lte, sql } from "../drizzle.ts";

/** Rows that are jobs: an index leads by group, time and number. */
export interface DueRows {
  table: SQLiteTable;
  /** Which rows of the table they are. */
  which: SQL;
  group: Column;
  dueAt: Column;
  number: Column;
  fence: Column;
  payload: Column;
}

/** What an engine reads of one queue, each by an index range: as `JobStore` has it. */
export interface DueReads {
  groups(): Promise<{ group: string; dueAt: number }[]>;
  due(group: string, now: number, limit: number): Promise<Lease[]>;
  nextDue(group: string, after: number): Promise<number | null>;
}

export function dueReads(db: Database, queue: Queue, rows: DueRows): DueReads {
  const { table, which, group: its, dueAt, number, fence, payload } = rows;
  const ofGroup = and(which, eq(its, sql.placeholder("group")));
  const due = db
    .select({ jobId: number, fence, dueAt, payload })
    .from(table)
    .where(and(ofGroup, lte(dueAt, sql.placeholder("now"))))
    .orderBy(asc(dueAt), asc(number))
    .limit(sql.placeholder("limit"))
    .prepare();
  const next = db
    .select({ dueAt })
    .from(table)
    .where(and(ofGroup, gt(dueAt, sql.placeholder("after"))))
    .orderBy(asc(dueAt))
    .limit(1)
    .prepare();
  return {
    async groups() {
      // Leaps from group to group along the index, so that a million pending jobs cost no more than their groups.
      return db.all<{ group: string; dueAt: number }>(sql`
        WITH RECURSIVE grp(name) AS (
          SELECT min(${its}) FROM ${table} WHERE ${which}
          UNION ALL
          SELECT (SELECT min(${its}) FROM ${table} WHERE ${which} AND ${its} > grp.name) FROM grp WHERE grp.name IS NOT NULL
        )
        SELECT grp.name AS "group", (SELECT min(${dueAt}) FROM ${table} WHERE ${which} AND ${its} = grp.name) AS "dueAt"
        FROM grp WHERE grp.name IS NOT NULL`);
    },
    async due(group, now, limit) {
      const found = await due.execute({ group, now, limit });
      return found.map((row) => ({ ...row, queue, group }) as Lease);
    },
    async nextDue(group, after) {
      const [row] = await next.execute({ group, after });
      return (row?.dueAt as number | undefined) ?? null;
    },
  };
}
