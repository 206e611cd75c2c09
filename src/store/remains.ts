import type { Dialect, Step } from "./dialect.ts";
import { and, asc, eq, inArray, notExists } from "./drizzle.ts";
import { step } from "./steps.ts";

/**
 * Gives the writes that delete a part of what pollers let go of (`item-sets.ts`): up to `limit` items and as many sweeps; and,
 * once nothing of a name is left, the name. None when there is nothing to delete.
 */
export function remainsOf({ db, tables: { discarded, items, sweeps } }: Dialect): (limit: number) => Promise<Step[]> {
  return async (limit) => {
    const [first] = await db.select().from(discarded).orderBy(asc(discarded.name)).limit(1);
    if (!first) return [];
    const named = eq(items.pollerId, first.name);
    const swept = eq(sweeps.pollerId, first.pollerId ?? "");
    const someItems = db.select({ n: items.n }).from(items).where(named).limit(limit);
    const someSweeps = db.select({ n: sweeps.n }).from(sweeps).where(swept).limit(limit);
    const noItems = notExists(db.select({ n: items.n }).from(items).where(named).limit(1));
    const noSweeps = notExists(db.select({ n: sweeps.n }).from(sweeps).where(swept).limit(1));
    return [
      step(db.delete(items).where(inArray(items.n, someItems))),
      step(db.delete(sweeps).where(inArray(sweeps.n, someSweeps))),
      step(db.delete(discarded).where(and(eq(discarded.name, first.name), noItems, noSweeps))),
    ];
  };
}
