import type { StoreVitals } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, eq, sql } from "../drizzle.ts";
import { settingQueries } from "./settings.ts";

/** The row that a probe writes, for nobody to read. */
const PROBE = "vitals.probe";

const count = sql<number>`count(*)`;

/** How the database itself fares. */
export function vitalQueries(dialect: Dialect): StoreVitals {
  const { db, tables } = dialect;
  const { deliveries, jobs } = tables;
  const settings = settingQueries(dialect);
  // The second half is in the words of the partial index, which is else not used.
  const isPending = and(eq(deliveries.status, "pending"), sql`${deliveries.status} <> 'delivered'`);
  const oldest = db
    .select({ at: sql<number | null>`min(${deliveries.createdAt})` })
    .from(deliveries)
    .where(isPending)
    .prepare();
  const named = db
    .select({ count })
    .from(jobs)
    .where(sql`${jobs.queue} = ${sql.placeholder("queue")}`)
    .prepare();
  const pending = db.select({ count }).from(deliveries).where(isPending).prepare();
  return {
    size: () => dialect.size(),
    holding: () => null,
    async probe() {
      const trouble = dialect.trouble();
      if (trouble) throw trouble;
      await settings.set(PROBE, "written");
    },
    async oldestPending() {
      const [row] = await oldest.execute();
      return row?.at ?? null;
    },
    async depth(queue) {
      const [row] = await (queue === "deliver" ? pending.execute() : named.execute({ queue }));
      return row?.count ?? 0;
    },
  };
}
