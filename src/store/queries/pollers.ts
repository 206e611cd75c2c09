import type { SQL } from "drizzle-orm";
import { toPage } from "../../kernel/page.ts";
import type { PollerStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, asc, desc, eq, getTableColumns, gt, inArray, lte, sql } from "../drizzle.ts";
import type { ItemSets } from "../item-sets.ts";
import { step, updateSteps } from "../steps.ts";
import { textCursor } from "./paging.ts";
import { sweepReads } from "./sweep-reads.ts";

/** Pollers in the order they were made, with the items they know and the history of their sweeps. */
export function pollerQueries(dialect: Dialect, sets: ItemSets): PollerStore {
  const { db, tables, atomically } = dialect;
  const { pollers, items, sweeps } = tables;
  const { pollerId: _, ...itemColumns } = getTableColumns(items);
  const { n: _n, ...sweepColumns } = getTableColumns(sweeps);
  const select = (condition?: SQL) => db.select().from(pollers).where(condition).orderBy(asc(pollers.id));

  const byId = select(eq(pollers.id, sql.placeholder("id"))).prepare();
  const { id, connector, connectionId } = pollers;
  const due = db
    .select({ id, connector, connectionId })
    .from(pollers)
    .where(and(lte(pollers.nextRunAt, sql.placeholder("now")), sql`${pollers.state} <> 'paused'`))
    .orderBy(asc(pollers.nextRunAt))
    .limit(sql.placeholder("limit"))
    .prepare();

  return {
    ...sweepReads(dialect, sets),
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
    due: async (now, limit) => due.execute({ now, limit }),
    get: async (id) => (await byId.execute({ id }))[0] ?? null,
    async create(poller) {
      await atomically({ steps: [step(db.insert(pollers).values(poller))] });
    },
    async update(id, patch) {
      await atomically({ steps: updateSteps(db, pollers, patch, eq(pollers.id, id)) });
    },
    async heldItems(pollerId, limit) {
      return db
        .select(itemColumns)
        .from(items)
        .where(and(eq(items.pollerId, sets.nameOf(pollerId)), sql`${items.status} = 'held'`))
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
