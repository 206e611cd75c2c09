import type { LogEnds, Removal } from "./contract.ts";
import type { Dialect } from "./dialect.ts";
import { inArray } from "./drizzle.ts";

/** The settings that keep the last `seq` that was removed, and the removals. */
export const PRUNED = "events.pruned";
export const REMOVALS = "events.removals";

/** Reads what is gone of the log of events. */
export function goneQuery({ db, tables: { settings } }: Dialect): () => Promise<Pick<LogEnds, "pruned" | "removals">> {
  const kept = db
    .select()
    .from(settings)
    .where(inArray(settings.name, [PRUNED, REMOVALS]))
    .prepare();
  return async () => {
    const found = new Map((await kept.execute()).map(({ name, value }) => [name, value]));
    const pruned = Number(found.get(PRUNED) ?? 0);
    const removals = JSON.parse(found.get(REMOVALS) ?? "[]") as Removal[] | number;
    // It was a mere count once.
    return { pruned, removals: typeof removals === "number" ? [{ count: removals, seq: pruned }] : removals };
  };
}

/** The removals with another one, by which `seq` was the highest that went: what earlier ones took before it says no more. */
export function withRemoval(removals: readonly Removal[], seq: number): Removal[] {
  const count = (removals.at(-1)?.count ?? 0) + 1;
  return [...removals.filter((earlier) => earlier.seq > seq), { count, seq }];
}
