import type { BetterSQLite3Database } from "drizzle-orm/better-sqlite3";
import type { TidewireError } from "../kernel/errors.ts";
import type { CommitResult } from "./acts.ts";
import type { DatabaseSize } from "./contract.ts";
import type { Tables } from "./tables.ts";

/** One write: plain data, so that a whole act can be planned before any of it is run. Made by `step` and `stepFor`. */
export interface Step {
  sql: string;
  params: readonly unknown[];
  /** Called after the commit, if the step changed a row; an insert's with the number of its row. Must not throw. */
  committed?: (row: number) => void;
}

/**
 * Writes that belong together, in order. When the guard changes no row, nothing of the plan is written; a plan within a
 * plan is skipped alone. An error anywhere writes nothing at all.
 */
export interface Plan {
  guard?: Step;
  steps: readonly (Step | Plan)[];
}

export interface Outcome {
  /** `stale` when the outer plan's guard changed no row. */
  result: CommitResult;
  /** How many plans were written: the outer one and those within it. */
  applied: number;
}

/** Drizzle over the database, for reads and for making steps. Always `await` a read: another dialect answers later. */
export type Database = BetterSQLite3Database<Record<string, never>>;

/** One kind of database, and the connection to it. */
export interface Dialect {
  readonly db: Database;
  readonly tables: Tables;
  /** Writes the plan in one transaction and resolves when it is durable. Plans of one tick may share a transaction. */
  readonly atomically: (plan: Plan) => Promise<Outcome>;
  size(): Promise<DatabaseSize>;
  /** What a write met in the last seconds that the database could not take, or ever since when it is damaged; else null. */
  trouble(): TidewireError | null;
  /** Writes what is waiting, then lets go of the database. */
  close(): Promise<void>;
}

export function isPlan(part: Step | Plan): part is Plan {
  return "steps" in part;
}
