import type { StoreVitals } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, eq, sql } from "../drizzle.ts";
import { settingQueries } from "./settings.ts";

/** The row that a probe writes, for nobody to read. */
const PROBE = "vitals.probe";

/** How the database itself fares. */
export function vitalQueries(dialect: Dialect): StoreVitals {
  const { db, tables } = dialect;
  const { deliveries, jobs } = tables;
  const settings = settingQueries(dialect);
  const oldest = db
    .select({ at: sql<number | null>`min(${deliveries.createdAt})` })
    .from(deliveries)
    // The second half is in the words of the partial index, which is else not used.
    .where(and(eq(deliveries.status, "pending"), sql`${deliveries.status} <> 'delivered'`))
    .prepare();
  const depth = db
    .select({ jobs: sql<number>`count(*)` })
    .from(jobs)
    .where(eq(jobs.queue, sql.placeholder("queue")))
    .prepare();
  return {
    size: () => dialect.size(),
    probe: () => settings.set(PROBE, "written"),
    async oldestPending() {
      const [row] = await oldest.execute();
      return row?.at ?? null;
    },
    async depth(queue) {
      const [row] = await depth.execute({ queue });
      return row?.jobs ?? 0;
    },
  };
}
