import { matchesPattern } from "../../model/event.ts";
import type { Dialect } from "../dialect.ts";
import { gt, sql } from "../drizzle.ts";

/** Finds the types of deliveries that event patterns name: one step in the index for each type there is. */
export function deliveryTypes({
  db,
  tables: { deliveries },
}: Dialect): (patterns: readonly string[]) => Promise<string[]> {
  const after = db
    .select({ type: sql<string | null>`min(${deliveries.eventType})` })
    .from(deliveries)
    .where(gt(deliveries.eventType, sql.placeholder("last")))
    .prepare();
  return async (patterns) => {
    if (!patterns.some((pattern) => pattern.endsWith("*"))) return [...new Set(patterns)];
    const found: string[] = [];
    for (let type: string | null = ""; type !== null; ) {
      if (patterns.some((pattern) => matchesPattern(pattern, type ?? ""))) found.push(type);
      const [next] = await after.execute({ last: type });
      type = next?.type ?? null;
    }
    return found;
  };
}
