import type { SQL } from "drizzle-orm";
import { toPage } from "../../kernel/page.ts";
import type { Subscription } from "../../model/subscription.ts";
import type { SubscriptionPatch, SubscriptionStore } from "../contract.ts";
import type { Dialect, Step } from "../dialect.ts";
import { and, asc, eq, gt, sql } from "../drizzle.ts";
import type { RowCache } from "../row-cache.ts";
import { step, updateSteps } from "../steps.ts";
import { cancelledBecause } from "./deliveries.ts";
import { textCursor } from "./paging.ts";

/** Subscriptions, in the order they were made; those known by id come from the cache. */
export function subscriptionQueries(dialect: Dialect, cache: RowCache<Subscription>): SubscriptionStore {
  const { db, tables, atomically } = dialect;
  const { subscriptions, deliveries } = tables;
  let changed: (subscription: Subscription) => void = () => {};
  return {
    async list(page) {
      const after = textCursor(page);
      const rows = await db
        .select()
        .from(subscriptions)
        .where(
          and(
            after === null ? undefined : gt(subscriptions.id, after),
            page.owner === null ? undefined : eq(subscriptions.owner, page.owner),
            page.url === undefined ? undefined : eq(subscriptions.url, page.url),
            page.tag === undefined
              ? undefined
              : sql`EXISTS (SELECT 1 FROM json_each(${subscriptions.tags}) WHERE value = ${page.tag})`,
          ),
        )
        .orderBy(asc(subscriptions.id))
        .limit(page.limit + 1);
      return toPage<Subscription, Subscription>(
        rows,
        page.limit,
        (row) => row.id,
        (row) => row,
      );
    },
    all: async () => cache.all(),
    get: async (id) => cache.get(id),
    async create(subscription) {
      const insert = db.insert(subscriptions).values(subscription);
      await atomically({ steps: [step(insert, () => cache.set({ ...subscription }))] });
      changed(subscription);
    },
    async update(id, patch) {
      await atomically({ steps: subscriptionUpdate(dialect, cache, id, patch) });
      const after = cache.get(id);
      if (after !== null) changed(after);
    },
    onChanged(listener) {
      changed = listener;
    },
    async delete(id, now) {
      const cancelled = { ...cancelledBecause(tables, "subscription_deleted"), updatedAt: now };
      const its = (condition: SQL) => and(eq(deliveries.subscriptionId, id), condition);
      const { result } = await atomically({
        guard: step(db.delete(subscriptions).where(eq(subscriptions.id, id)), () => cache.delete(id)),
        steps: [
          // A pending delivery is due some time, or waits behind another of its lane; each by its index.
          step(
            db
              .update(deliveries)
              .set(cancelled)
              .where(its(sql`${deliveries.nextAttemptAt} IS NOT NULL`)),
          ),
          step(
            db
              .update(deliveries)
              .set(cancelled)
              .where(its(sql`${deliveries.lane} >= '' AND ${deliveries.status} = 'pending'`)),
          ),
        ],
      });
      return result === "committed";
    },
  };
}

/** The steps that change a subscription, here and in the cache once committed; with a `version` only while it is that one. */
export function subscriptionUpdate(
  { db, tables: { subscriptions } }: Dialect,
  cache: RowCache<Subscription>,
  id: string,
  patch: SubscriptionPatch,
  version?: number,
): Step[] {
  const which = and(eq(subscriptions.id, id), version === undefined ? undefined : eq(subscriptions.updatedAt, version));
  return updateSteps(db, subscriptions, patch, which, () => cache.patch(id, patch));
}
