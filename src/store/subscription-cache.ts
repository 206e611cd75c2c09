import { asc } from "drizzle-orm";
import type { Subscription } from "../model/subscription.ts";
import type { SubscriptionPatch } from "./contract.ts";
import type { Dialect } from "./dialect.ts";

/**
 * Every subscription in memory, changed only by what was committed: fan-out and each attempt read them, and on SQLite no
 * other process can change them. Its members are replaced, never changed, so a reader may keep what it got.
 */
export class SubscriptionCache {
  readonly #byId = new Map<string, Subscription>();

  static async load({ db, tables }: Dialect): Promise<SubscriptionCache> {
    const cache = new SubscriptionCache();
    for (const row of await db.select().from(tables.subscriptions).orderBy(asc(tables.subscriptions.id)))
      cache.set(row);
    return cache;
  }

  all(): Subscription[] {
    return [...this.#byId.values()];
  }

  get(id: string): Subscription | null {
    return this.#byId.get(id) ?? null;
  }

  set(subscription: Subscription): void {
    this.#byId.set(subscription.id, Object.freeze(subscription));
  }

  patch(id: string, patch: SubscriptionPatch): void {
    const old = this.#byId.get(id);
    if (!old) return;
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    this.set({ ...old, ...given });
  }

  patchOwned(owner: string, patch: SubscriptionPatch): void {
    for (const { id, owner: its } of this.all()) if (its === owner) this.patch(id, patch);
  }

  delete(id: string): void {
    this.#byId.delete(id);
  }
}
