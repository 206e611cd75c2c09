import { toPage } from "../../kernel/page.ts";
import type { EndpointMark, Subscription } from "../../model/subscription.ts";
import type { CommitResult, SubscriptionPatch } from "../acts.ts";
import type { SubscriptionStore } from "../contract.ts";
import type { Ended } from "../delivery-store.ts";
import type { Dialect, Step } from "../dialect.ts";
import { and, asc, eq, gt, inArray, ne, sql } from "../drizzle.ts";
import type { RowCache } from "../row-cache.ts";
import { step, updateSteps } from "../steps.ts";
import type { Tables } from "../tables.ts";
import { cancelledBecause } from "./delivery-acts.ts";
import { textCursor } from "./paging.ts";

/** Subscriptions, in the order they were made; those known by id come from the cache. */
export function subscriptionQueries(dialect: Dialect, cache: RowCache<Subscription>, ended: Ended): SubscriptionStore {
  const { db, tables, atomically } = dialect;
  const { subscriptions } = tables;
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
    known: (id) => cache.get(id),
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
      const gone = step(db.delete(subscriptions).where(eq(subscriptions.id, id)), () => cache.delete(id));
      const { result } = await atomically({ guard: gone, steps: [] });
      if (result === "committed") await cancelAll(dialect, id, now, ended);
      return result === "committed";
    },
  };
}

/** Rows of one commit: a dead endpoint's hundred thousand at once would hold everything up for a second. */
const BATCH = 1_000;

/** Cancels what is pending for a subscription that is gone. What a crash leaves the workers cancel, each when it is due. */
async function cancelAll(
  { db, tables, atomically }: Dialect,
  subscriptionId: string,
  now: number,
  ended: Ended,
): Promise<void> {
  const { deliveries } = tables;
  const cancelled = { ...cancelledBecause("subscription_deleted"), updatedAt: now };
  // A pending delivery is due some time, or waits behind another of its lane; each by its index.
  const kinds = [
    sql`${deliveries.nextAttemptAt} IS NOT NULL AND ${deliveries.status} = 'pending'`,
    sql`${deliveries.lane} >= '' AND ${deliveries.status} = 'pending'`,
  ];
  for (const kind of kinds) {
    const its = and(eq(deliveries.subscriptionId, subscriptionId), kind);
    const some = db.select({ n: deliveries.n }).from(deliveries).where(its).limit(BATCH);
    const cancel = db.update(deliveries).set(cancelled).where(inArray(deliveries.n, some));
    let result: CommitResult;
    do {
      const { length } = await some;
      const guard = step(cancel, () => ended("cancelled", length));
      ({ result } = await atomically({ guard, steps: [] }));
    } while (result === "committed");
  }
}

/** The steps that change a subscription, here and in the cache once committed; with `tried` only while it is that endpoint. */
export function subscriptionUpdate(
  { db, tables: { subscriptions } }: Dialect,
  cache: RowCache<Subscription>,
  id: string,
  patch: SubscriptionPatch,
  tried?: EndpointMark,
): Step[] {
  const which = and(eq(subscriptions.id, id), tried && isEndpoint(subscriptions, tried));
  return updateSteps(db, subscriptions, patch, which, () => cache.patch(id, patch));
}

/** `isSameEndpoint` as a condition; one that was tried is not disabled. */
function isEndpoint({ url, status, resumedAt }: Tables["subscriptions"], tried: EndpointMark) {
  return and(eq(url, tried.url), ne(status, "disabled"), sql`${resumedAt} IS ${tried.resumedAt}`);
}
