import { and, asc, eq, gt, inArray } from "drizzle-orm";
import { TidewireError } from "../../kernel/errors.ts";
import { toPage } from "../../kernel/page.ts";
import type { ConnectionStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { step, updateSteps } from "../steps.ts";
import { textCursor } from "./paging.ts";

/** Connections, in the order they were made. */
export function connectionQueries({ db, tables, atomically }: Dialect): ConnectionStore {
  const { connections, pollers, items, sweeps } = tables;
  const byId = (id: string) => eq(connections.id, id);
  return {
    async list(page) {
      const after = textCursor(page);
      const rows = await db
        .select()
        .from(connections)
        .where(
          and(
            after === null ? undefined : gt(connections.id, after),
            page.connector === undefined ? undefined : eq(connections.connector, page.connector),
          ),
        )
        .orderBy(asc(connections.id))
        .limit(page.limit + 1);
      return toPage(
        rows,
        page.limit,
        (row) => row.id,
        (row) => row,
      );
    },
    async all() {
      return db.select().from(connections).orderBy(asc(connections.id));
    },
    async get(id) {
      const [row] = await db.select().from(connections).where(byId(id));
      return row ?? null;
    },
    async byName(connector, name) {
      const [row] = await db
        .select()
        .from(connections)
        .where(and(eq(connections.connector, connector), eq(connections.name, name)));
      return row ?? null;
    },
    async create(connection, itsPollers) {
      const { result } = await atomically({
        guard: step(db.insert(connections).values(connection).onConflictDoNothing()),
        steps: itsPollers.map((poller) => step(db.insert(pollers).values(poller))),
      });
      if (result === "stale") throw nameTaken(connection.connector, connection.name);
    },
    async update(id, patch) {
      await atomically({ steps: updateSteps(db, connections, patch, byId(id)) });
    },
    async delete(id) {
      const its = db.select({ id: pollers.id }).from(pollers).where(eq(pollers.connectionId, id));
      const { result } = await atomically({
        guard: step(db.delete(connections).where(byId(id))),
        steps: [
          step(db.delete(items).where(inArray(items.pollerId, its))),
          step(db.delete(sweeps).where(inArray(sweeps.pollerId, its))),
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
