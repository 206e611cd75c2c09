import type { IdempotencyRecord } from "../../model/idempotency.ts";
import type { Kit } from "./kit.ts";

/** What the product remembers for its own sake. */
export function housekeeping({ table, text, int, index }: Kit) {
  const idempotency = table(
    "idempotency",
    {
      id: text().primaryKey(),
      bodyHash: text().notNull(),
      state: text<IdempotencyRecord["state"]>().notNull(),
      boot: text().notNull(),
      sealedAnswer: text(),
      createdAt: int().notNull(),
    },
    (t) => [index("idempotency_created").on(t.createdAt)],
  );
  const settings = table("settings", { name: text().primaryKey(), value: text().notNull() });
  return { idempotency, settings };
}
