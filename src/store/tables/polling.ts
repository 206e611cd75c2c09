import type { Json } from "../../kernel/json.ts";
import type { Cadence, NumberRange, PollerState, StoredCut, StoredItem } from "../../model/poller.ts";
import type { Kit } from "./kit.ts";

/** What the pollers remember. */
export function polling({ sql, table, text, int, flag, json, serial, unique, index }: Kit) {
  const pollers = table(
    "pollers",
    {
      id: text().primaryKey(),
      connectionId: text().notNull(),
      connector: text().notNull(),
      resource: text().notNull(),
      name: text().notNull(),
      state: text<PollerState>().notNull(),
      version: int().notNull(),
      generation: int().notNull(),
      keyPrint: text().notNull(),
      pagesPrint: text(),
      items: int().notNull(),
      held: int().notNull(),
      baselinedAt: int(),
      lastStartedAt: int(),
      lastSuccessAt: int(),
      lastCompleteAt: int(),
      consecutiveFailures: int().notNull(),
      lastError: text(),
      nextRunAt: int().notNull(),
      cadence: text<Cadence>().notNull().default("regular"),
      createdAt: int().notNull(),
    },
    (t) => [
      unique("pollers_name").on(t.connectionId, t.resource, t.name),
      index("pollers_due").on(t.nextRunAt).where(sql`${t.state} <> 'paused'`),
    ],
  );
  const items = table(
    "items",
    {
      n: serial(),
      pollerId: text().notNull(),
      key: text().notNull(),
      fingerprint: text().notNull(),
      states: json<StoredItem["states"]>().notNull(),
      absent: int().notNull(),
      status: text<StoredItem["status"]>().notNull(),
      record: json<Json>().notNull(),
    },
    (t) => [
      unique("items_key").on(t.pollerId, t.key),
      index("items_known").on(t.pollerId, t.n).where(sql`${t.status} <> 'removed'`),
      index("items_held").on(t.pollerId, t.n).where(sql`${t.status} = 'held'`),
    ],
  );
  /** The name that a poller's items have, where that is not the poller's id any more. */
  const itemSets = table("item_sets", { pollerId: text().primaryKey(), name: text().notNull() });
  /** What is deleted bit by bit: the items of a name, and the sweeps of a poller that is gone. */
  const discarded = table("discarded", { name: text().primaryKey(), pollerId: text() });
  const pages = table(
    "pages",
    {
      pollerId: text().notNull(),
      cursor: text().notNull(),
      digest: text().notNull(),
      next: text(),
      records: int().notNull(),
      items: json<NumberRange[]>().notNull(),
      dueAt: int(),
      cut: json<StoredCut>(),
    },
    (t) => [unique("pages_cursor").on(t.pollerId, t.cursor)],
  );
  const sweeps = table(
    "sweeps",
    {
      n: serial(),
      id: text().notNull(),
      pollerId: text().notNull(),
      startedAt: int().notNull(),
      durationMs: int().notNull(),
      complete: flag().notNull(),
      pages: int().notNull(),
      items: int().notNull(),
      added: int().notNull(),
      changed: int().notNull(),
      removed: int().notNull(),
      held: int().notNull(),
      events: int().notNull(),
      error: text(),
    },
    (t) => [index("sweeps_poller").on(t.pollerId, t.n), index("sweeps_started").on(t.startedAt)],
  );
  return { pollers, items, itemSets, discarded, pages, sweeps };
}
