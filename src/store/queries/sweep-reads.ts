import type { KnownItem } from "../../model/poller.ts";
import type { PollerStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, asc, eq, getTableColumns, gt, sql } from "../drizzle.ts";
import type { ItemSets } from "../item-sets.ts";
import { amongIds, idsParam } from "./among.ts";

/** What a sweep reads for each page: prepared once. */
export function sweepReads({ db, tables: { items, pages } }: Dialect, { nameOf }: Pick<ItemSets, "nameOf">) {
  const { pollerId: _, ...itemColumns } = getTableColumns(items);
  const { pollerId: _p, cut, ...pageColumns } = getTableColumns(pages);
  const itemsOf = eq(items.pollerId, sql.placeholder("pollerId"));
  const pagesOf = eq(pages.pollerId, sql.placeholder("pollerId"));
  const { n, key, fingerprint, states, status } = items;
  const known = db.select({ n, key, fingerprint, states, status }).from(items);
  const knownByKey = known.where(and(itemsOf, amongIds(key))).prepare();
  const byKey = db
    .select(itemColumns)
    .from(items)
    .where(and(itemsOf, amongIds(key)))
    .prepare();
  const byNumber = db.select(itemColumns).from(items).where(amongIds(n)).prepare();
  const isKnown = sql`${status} <> 'removed' AND ${status} <> 'dismissed'`;
  const numbers = db
    .select({ n })
    .from(items)
    .where(and(itemsOf, gt(n, sql.placeholder("after")), isKnown))
    .orderBy(asc(n))
    .limit(sql.placeholder("limit"))
    .prepare();
  const onePage = and(pagesOf, eq(pages.cursor, sql.placeholder("cursor")));
  const page = db.select(pageColumns).from(pages).where(onePage).prepare();
  const pageCut = db.select({ cut }).from(pages).where(onePage).prepare();
  const cursors = db.select({ cursor: pages.cursor }).from(pages);
  const cursorsAmong = cursors.where(and(pagesOf, amongIds(pages.cursor))).prepare();
  const allCursors = db.select({ cursor: pages.cursor }).from(pages).where(pagesOf).prepare();

  return {
    known: async (pollerId, keys) => toKnown(knownByKey.values({ pollerId: nameOf(pollerId), ...idsParam(keys) })),
    items: async (pollerId, keys) => byKey.execute({ pollerId: nameOf(pollerId), ...idsParam(keys) }),
    numbered: async (some) => byNumber.execute(idsParam(some)),
    itemNumbers: async (pollerId, after, limit) => firsts(numbers.values({ pollerId: nameOf(pollerId), after, limit })),
    page: async (pollerId, cursor) => (await page.execute({ pollerId, cursor }))[0] ?? null,
    pageCut: async (pollerId, cursor) => (await pageCut.execute({ pollerId, cursor }))[0]?.cut ?? null,
    pagesAmong: async (pollerId, some) => firsts(cursorsAmong.values({ pollerId, ...idsParam(some) })),
    pageCursors: async (pollerId) => firsts(allCursors.values({ pollerId })),
  } satisfies Partial<PollerStore>;
}

/** Rows as they come, a page of a thousand at a time; mapping them by drizzle would take longer than reading them. */
function toKnown(rows: unknown[][]): KnownItem[] {
  const statesOf = new Map<unknown, KnownItem["states"]>();
  return (rows as [KnownItem["n"], string, string, string, KnownItem["status"]][]).map(
    ([n, key, fingerprint, text, status]) => {
      const states = statesOf.get(text) ?? (JSON.parse(text) as KnownItem["states"]);
      statesOf.set(text, states);
      return { n, key, fingerprint, states, status };
    },
  );
}

function firsts<T>(rows: unknown[][]): T[] {
  return rows.map(([first]) => first as T);
}
