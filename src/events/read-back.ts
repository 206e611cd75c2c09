import { encodeCursor, type Page, type PageRequest } from "../kernel/page.ts";
import type { StoredEvent } from "../model/event.ts";
import type { Store } from "../store/contract.ts";
import { findEvents } from "./find-events.ts";
import { gapBehind, gapError, placeWithin } from "./place.ts";

/**
 * A page of the events, newest first. Throws `cursor_expired` for a cursor at an event that was removed, and with it what
 * was before: the page would else look like the end of the log. A cursor at the oldest event there is has reached that end.
 */
export async function readBack(
  store: Store,
  filter: Parameters<typeof findEvents>[1],
  { limit, cursor }: PageRequest,
): Promise<Page<StoredEvent>> {
  const page = await findEvents(store, filter, cursor === undefined ? { limit } : { limit, cursor });
  if (cursor === undefined) return page;
  const { seq } = placeWithin(cursor);
  // An event stands right behind the place before it.
  const gap = await gapBehind(store.events, { seq: seq - 1, removals: null }, await store.events.ends());
  if (gap?.reason === "expired" && !(await isKept(store, seq))) throw gapError({ seq, removals: null }, gap);
  return page;
}

/** Old events that still have to be delivered are kept while others around them are removed. */
async function isKept({ events }: Store, seq: number): Promise<boolean> {
  const [event] = (await events.list({ connections: null, cursor: encodeCursor(seq + 1), limit: 1 })).items;
  return event?.seq === seq;
}
