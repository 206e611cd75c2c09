import type { SQL } from "drizzle-orm";
import { toPage } from "../../kernel/page.ts";
import type { StoredEvent } from "../../model/event.ts";
import type { EventFilter, EventStore } from "../contract.ts";
import type { Dialect } from "../dialect.ts";
import { and, asc, desc, eq, gt, lt, sql } from "../drizzle.ts";
import { goneQuery } from "../removals.ts";
import type { Tables } from "../tables.ts";
import { amongIds, idsParam } from "./among.ts";
import { numberCursor } from "./paging.ts";

/** An event as the model has it, from its row. */
function toEvent({ dedupeKey: _, previous, changed, ...row }: Tables["events"]["$inferSelect"]): StoredEvent {
  return { ...row, previous: previous ?? undefined, ...(changed === null ? {} : { changed }) };
}

type ListPage = Parameters<EventStore["list"]>[0];

/** The log of events in the order of commits; `stored` is to be called after each commit that stored one. */
export function eventQueries(dialect: Dialect): { events: EventStore; stored: () => void } {
  const { db, tables } = dialect;
  const { events } = tables;
  const listeners: (() => void)[] = [];
  const range = (page: ListPage, condition: SQL | undefined) =>
    db
      .select()
      .from(events)
      .where(condition)
      .orderBy(page.order === "asc" ? asc(events.seq) : desc(events.seq))
      .limit(page.limit + 1);
  const newest = db
    .select({ seq: sql<number | null>`max(${events.seq})` })
    .from(events)
    .prepare();
  const goneOf = goneQuery(dialect);
  const byId = db
    .select()
    .from(events)
    .where(eq(events.id, sql.placeholder("id")))
    .prepare();
  const byIds = db.select().from(events).where(amongIds(events.id)).prepare();
  const store: EventStore = {
    async list(page) {
      const matching = filter(events, page);
      const scopes = connectionScopes(page);
      // One index range for each connection, merged: an IN list would have SQLite sort all events of them.
      const ranges = await Promise.all(
        scopes.map((id) => range(page, and(matching, id === null ? undefined : eq(events.connectionId, id)))),
      );
      const way = page.order === "asc" ? 1 : -1;
      const rows = ranges.length === 1 ? (ranges[0] ?? []) : ranges.flat().sort((a, b) => way * (a.seq - b.seq));
      return toPage(rows, page.limit, (row) => row.seq, toEvent);
    },
    async get(id) {
      const [row] = await byId.execute({ id });
      return row ? toEvent(row) : null;
    },
    async load(ids) {
      const rows = await byIds.execute(idsParam(ids));
      return new Map(rows.map((row) => [row.id, toEvent(row)]));
    },
    async ends() {
      const [latest] = await newest.execute();
      const gone = await goneOf();
      return { last: Math.max(latest?.seq ?? 0, gone.pruned), ...gone };
    },
    onStored: (listener) => void listeners.push(listener),
  };
  return { events: store, stored: () => listeners.forEach((tell) => tell()) };
}

function filter(events: Tables["events"], page: ListPage): SQL | undefined {
  const cursor = numberCursor(page);
  const isBeyond = page.order === "asc" ? gt : lt;
  return and(
    cursor === null ? undefined : isBeyond(events.seq, cursor),
    page.type === undefined ? undefined : eq(events.type, page.type),
    page.since === undefined ? undefined : from(events, page.since),
    page.until === undefined ? undefined : upTo(events, page.until),
  );
}

/**
 * Times nearly follow the order of commits, so a bound on time is first made one on `seq`, from the index of times alone.
 * The plus keeps SQLite from reading all events of that time, payloads and all, to sort them by `seq`.
 */
function from(events: Tables["events"], since: number): SQL {
  const { seq, timestamp } = events;
  return sql`${seq} >= (SELECT min(${seq}) FROM ${events} WHERE ${timestamp} >= ${since}) AND +${timestamp} >= ${since}`;
}

function upTo(events: Tables["events"], until: number): SQL {
  const { seq, timestamp } = events;
  return sql`${seq} <= (SELECT max(${seq}) FROM ${events} WHERE ${timestamp} < ${until}) AND +${timestamp} < ${until}`;
}

/** The connections to read, each by its own index range; `[null]` for all of them at once. */
function connectionScopes({ connectionId, connections }: EventFilter): (string | null)[] {
  if (connectionId === undefined) return connections === null ? [null] : [...new Set(connections)];
  return connections === null || connections.includes(connectionId) ? [connectionId] : [];
}
