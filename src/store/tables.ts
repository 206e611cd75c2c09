import { configuration } from "./tables/configuration.ts";
import { housekeeping } from "./tables/housekeeping.ts";
import type { Kit } from "./tables/kit.ts";
import { polling } from "./tables/polling.ts";
import { running } from "./tables/running.ts";
import { telling } from "./tables/telling.ts";

export type Tables = ReturnType<typeof describeTables>;

/**
 * Every table, written once for all databases: columns are named as the model's members (snake_case in the database), and
 * each index is there for a read. A migration is made of this by `drizzle-kit generate`.
 */
export function describeTables(kit: Kit) {
  return { ...configuration(kit), ...polling(kit), ...telling(kit), ...running(kit), ...housekeeping(kit) };
}
