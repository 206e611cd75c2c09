import type { SQL } from "drizzle-orm";
import { toPage } from "../../kernel/page.ts";
import type { PollerStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, asc, desc, eq, getTableColumns, gt, inArray, lte, sql } from "../drizzle.ts";
import { step, updateSteps } from "../steps.ts";
import { textCursor } from "./paging.ts";

/** SQLite takes 32,766 parameters; this many keep a statement's text short. */
const KEYS_PER_READ = 500;

/** Pollers in the order they were made, with the items they know and the history of their sweeps. */
export function pollerQueries({ db, tables, atomically }: Dialect): PollerStore {
  const { pollers, items, sweeps } = tables;
  const { pollerId: _, ...itemColumns } = getTableColumns(items);
  const { n: _n, ...sweepColumns } = getTableColumns(sweeps);
  const select = (condition?: SQL) => db.select().from(pollers).where(condition).orderBy(asc(pollers.id));

  return {
    async list(page) {
      const after = textCursor(page);
      const rows = await select(
        and(
          after === null ? undefined : gt(pollers.id, after),
          page.connectionId === undefined ? undefined : eq(pollers.connectionId, page.connectionId),
          page.connections === null ? undefined : inArray(pollers.connectionId, [...page.connections]),
        ),
      ).limit(page.limit + 1);
      return toPage(
        rows,
        page.limit,
        (row) => row.id,
        (row) => row,
      );
    },
    all: async () => select(),
    async due(now, limit) {
      return db
        .select()
        .from(pollers)
        .where(and(lte(pollers.nextRunAt, now), sql`${pollers.state} <> 'paused'`))
        .orderBy(asc(pollers.nextRunAt))
        .limit(limit);
    },
    async get(id) {
      const [row] = await select(eq(pollers.id, id));
      return row ?? null;
    },
    async create(poller) {
      await atomically({ steps: [step(db.insert(pollers).values(poller))] });
    },
    async update(id, patch) {
      await atomically({ steps: updateSteps(db, pollers, patch, eq(pollers.id, id)) });
    },
    async items(pollerId, keys) {
      const read = (some: string[]) =>
        db
          .select(itemColumns)
          .from(items)
          .where(and(eq(items.pollerId, pollerId), inArray(items.key, some)));
      return (await Promise.all(chunks(keys, KEYS_PER_READ).map(read))).flat();
    },
    async itemNumbers(pollerId, afterN, limit) {
      return db
        .select({ n: items.n, key: items.key })
        .from(items)
        .where(and(eq(items.pollerId, pollerId), gt(items.n, afterN), sql`${items.status} <> 'removed'`))
        .orderBy(asc(items.n))
        .limit(limit);
    },
    async heldItems(pollerId, limit) {
      return db
        .select(itemColumns)
        .from(items)
        .where(and(eq(items.pollerId, pollerId), sql`${items.status} = 'held'`))
        .orderBy(asc(items.n))
        .limit(limit);
    },
    async sweeps(pollerId, limit) {
      return db
        .select(sweepColumns)
        .from(sweeps)
        .where(eq(sweeps.pollerId, pollerId))
        .orderBy(desc(sweeps.n))
        .limit(limit);
    },
  };
}

function chunks<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
