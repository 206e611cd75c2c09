import type { SQL, Table } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Database, Step } from "./dialect.ts";
import { getTableColumns, is, Param, Placeholder, sql } from "./drizzle.ts";

/** A query of drizzle's that was built but not run. */
interface Built {
  toSQL(): { sql: string; params: unknown[] };
}

/** A step for a write that is built each time: for rare acts. */
export function step(query: Built, committed?: Step["committed"]): Step {
  return { ...query.toSQL(), committed };
}

/**
 * Builds a write once and gives a maker of its steps, for hot paths: drizzle takes 11 to 32 times longer to build a query
 * than SQLite to run it. Values go in by the names of the query's placeholders; undefined is NULL.
 */
export function stepFor<V extends object>(query: Built): (values: V, committed?: Step["committed"]) => Step {
  const built = query.toSQL();
  const slots = built.params.map(slotOf<V>);
  return (values, committed) => ({ sql: built.sql, params: slots.map((slot) => slot(values)), committed });
}

/** How one parameter gets its value: by name and through its column's encoder, or a constant. */
function slotOf<V extends object>(param: unknown): (values: V) => unknown {
  if (is(param, Placeholder)) {
    const name = param.name as keyof V;
    return (values) => values[name] ?? null;
  }
  if (is(param, Param) && is(param.value, Placeholder)) {
    const name = param.value.name as keyof V;
    const { encoder } = param;
    return (values) => (values[name] === undefined ? null : encoder.mapToDriverValue(values[name]));
  }
  return () => param;
}

/** A maker of steps that insert one row, with the conflict clause that `finish` adds. Serial columns are left out. */
export function insertFor<T extends SQLiteTable, V extends object = T["$inferInsert"]>(
  db: Database,
  table: T,
  finish: (insert: ReturnType<ReturnType<typeof db.insert<T>>["values"]>) => Built = (insert) => insert,
): (values: V, committed?: Step["committed"]) => Step {
  return stepFor<V>(finish(db.insert(table).values(placeholders(table) as T["$inferInsert"])));
}

function placeholders(table: Table): Record<string, InstanceType<typeof Placeholder>> {
  const names = Object.entries(getTableColumns(table))
    .filter(([, column]) => !(column.primary && column.dataType === "number"))
    .map(([name]) => [name, sql.placeholder(name)] as const);
  return Object.fromEntries(names);
}

/** Gives a table's columns the values of a patch, by placeholders. */
type SetColumns = (table: Table) => Record<string, SQL>;

/**
 * A maker of updates by a patch, for hot paths: the query is built once for each set of members that a patch names. Those that
 * are undefined change nothing. `values` fill the placeholders of the condition, whose names are none of the table's columns.
 */
export function patchStepFor<V extends object>(build: (set: SetColumns) => Built): (patch: object, values: V) => Step {
  const makers = new Map<string, (values: object) => Step>();
  return (patch, values) => {
    const given = Object.entries(patch).filter(([, value]) => value !== undefined);
    const names = given.map(([name]) => name);
    const known = names.join();
    const make = makers.get(known) ?? stepFor<object>(build((table) => columnsOf(table, names)));
    makers.set(known, make);
    return make({ ...Object.fromEntries(given), ...values });
  };
}

function columnsOf(table: Table, names: readonly string[]): Record<string, SQL> {
  const columns = getTableColumns(table);
  return Object.fromEntries(names.map((name) => [name, sql`${sql.param(sql.placeholder(name), columns[name])}`]));
}

/** The steps of an update: none when the patch holds nothing. */
export function updateSteps<T extends SQLiteTable>(
  db: Database,
  table: T,
  patch: object,
  where: SQL | undefined,
  committed?: Step["committed"],
): Step[] {
  if (Object.values(patch).every((value) => value === undefined)) return [];
  return [step(db.update(table).set(patch).where(where), committed)];
}
