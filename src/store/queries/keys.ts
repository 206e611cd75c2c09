import { toPage } from "../../kernel/page.ts";
import type { Subscription } from "../../model/subscription.ts";
import type { KeyStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { asc, eq, gt, sql } from "../drizzle.ts";
import type { RowCache } from "../row-cache.ts";
import { step, updateSteps } from "../steps.ts";
import { textCursor } from "./paging.ts";

/** API keys, in the order they were made. */
export function keyQueries({ db, tables, atomically }: Dialect, cache: RowCache<Subscription>): KeyStore {
  const { keys, subscriptions } = tables;
  const byHash = db
    .select()
    .from(keys)
    .where(eq(keys.hash, sql.placeholder("hash")))
    .prepare();
  const listeners: ((id: string) => void)[] = [];
  return {
    async list(page) {
      const after = textCursor(page);
      const rows = await db
        .select()
        .from(keys)
        .where(after === null ? undefined : gt(keys.keyId, after))
        .orderBy(asc(keys.keyId))
        .limit(page.limit + 1);
      return toPage(
        rows,
        page.limit,
        (row) => row.keyId,
        (row) => row,
      );
    },
    async get(id) {
      const [row] = await db.select().from(keys).where(eq(keys.keyId, id));
      return row ?? null;
    },
    async byHash(hash) {
      const [row] = await byHash.execute({ hash });
      return row ?? null;
    },
    async create(key) {
      await atomically({ steps: [step(db.insert(keys).values(key))] });
    },
    async update(id, patch, disableSubscriptions, now) {
      const disabled = { status: "disabled", reason: "key_revoked", updatedAt: now } as const;
      const disable = updateSteps(db, subscriptions, disabled, eq(subscriptions.owner, id), () => {
        for (const subscription of cache.all()) if (subscription.owner === id) cache.patch(subscription.id, disabled);
      });
      const changed = updateSteps(db, keys, patch, eq(keys.keyId, id), () => listeners.forEach((tell) => tell(id)));
      await atomically({ steps: [...changed, ...(disableSubscriptions ? disable : [])] });
    },
    onUpdated: (listener) => void listeners.push(listener),
  };
}
