import { TidewireError } from "../../kernel/errors.ts";
import { toPage } from "../../kernel/page.ts";
import type { Connection } from "../../model/connection.ts";
import type { ConnectionStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { eq, inArray } from "../drizzle.ts";
import type { ItemSets } from "../item-sets.ts";
import type { RowCache } from "../row-cache.ts";
import { step, updateSteps } from "../steps.ts";
import { textCursor } from "./paging.ts";

/** Connections, in the order they were made. Every call upstream reads one, so all reads come from the cache. */
export function connectionQueries(
  { db, tables, atomically }: Dialect,
  cache: RowCache<Connection>,
  sets: ItemSets,
): ConnectionStore {
  const { connections, pollers, pages } = tables;
  const byId = (id: string) => eq(connections.id, id);
  const inOrder = () => cache.all().toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return {
    async list(page) {
      const after = textCursor(page);
      const rows = inOrder()
        .filter(({ id }) => after === null || id > after)
        .filter(({ id }) => page.ids === null || page.ids.includes(id))
        .filter(({ connector }) => page.connector === undefined || connector === page.connector)
        .slice(0, page.limit + 1);
      return toPage<Connection, Connection>(
        rows,
        page.limit,
        (row) => row.id,
        (row) => row,
      );
    },
    all: async () => inOrder(),
    get: async (id) => cache.get(id),
    byName: async (connector, name) => cache.find((row) => row.connector === connector && row.name === name),
    async create(connection, itsPollers) {
      const { result } = await atomically({
        guard: step(db.insert(connections).values(connection).onConflictDoNothing(), () =>
          cache.set({ ...connection }),
        ),
        steps: itsPollers.map((poller) => step(db.insert(pollers).values(poller))),
      });
      if (result === "stale") throw nameTaken(connection.connector, connection.name);
    },
    async update(id, patch) {
      await atomically({ steps: updateSteps(db, connections, patch, byId(id), () => cache.patch(id, patch)) });
    },
    async delete(id) {
      const its = db.select({ id: pollers.id }).from(pollers).where(eq(pollers.connectionId, id));
      const { result } = await atomically({
        guard: step(db.delete(connections).where(byId(id)), () => cache.delete(id)),
        steps: [
          ...sets.discard(id),
          step(db.delete(pages).where(inArray(pages.pollerId, its))),
          step(db.delete(pollers).where(eq(pollers.connectionId, id))),
        ],
      });
      return result === "committed";
    },
  };
}

function nameTaken(connector: string, name: string): TidewireError {
  return new TidewireError(
    "conflict",
    `There is a connection "${name}" of "${connector}" already; choose another name.`,
  );
}
