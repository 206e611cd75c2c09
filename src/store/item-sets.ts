import type { Dialect, Step } from "./dialect.ts";
import { eq, inArray, sql } from "./drizzle.ts";
import { step } from "./steps.ts";

/**
 * By which name the items of each poller are kept: its own id, until it lets go of all of them. It then takes another name, which
 * costs the same for one item as for a million, and what bears the old one is deleted bit by bit (`prune`).
 */
export interface ItemSets {
  nameOf(pollerId: string): string;
  /** Lets go of all items of a poller; those written behind it in the same plan bear `name`, which is given to no other. */
  renew(pollerId: string, name: string): Step[];
  /** Lets go of all items and sweeps of a connection's pollers, which are to be deleted behind it in the same plan. */
  discard(connectionId: string): Step[];
}

export async function openItemSets({ db, tables }: Dialect): Promise<ItemSets> {
  const { itemSets, discarded, pollers } = tables;
  const names = new Map((await db.select().from(itemSets)).map(({ pollerId, name }) => [pollerId, name]));
  const nameOf = (pollerId: string) => names.get(pollerId) ?? pollerId;
  return {
    nameOf,
    renew: (pollerId, name) => [
      step(db.insert(discarded).values({ name: nameOf(pollerId), pollerId: null })),
      step(
        db.insert(itemSets).values({ pollerId, name }).onConflictDoUpdate({ target: itemSets.pollerId, set: { name } }),
        () => names.set(pollerId, name),
      ),
    ],
    discard(connectionId) {
      const its = db.select({ id: pollers.id }).from(pollers).where(eq(pollers.connectionId, connectionId));
      const present = sql`coalesce((SELECT ${itemSets.name} FROM ${itemSets} WHERE ${itemSets.pollerId} = ${pollers.id}), ${pollers.id})`;
      const gone = db
        .select({ name: present.as("name"), pollerId: sql`${pollers.id}`.as("poller_id") })
        .from(pollers)
        .where(eq(pollers.connectionId, connectionId));
      return [
        step(db.insert(discarded).select(gone)),
        step(db.delete(itemSets).where(inArray(itemSets.pollerId, its))),
      ];
    },
  };
}
