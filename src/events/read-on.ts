import { encodeCursor, type PageRequest } from "../kernel/page.ts";
import type { StoredEvent } from "../model/event.ts";
import type { Store } from "../store/contract.ts";
import { findEvents } from "./find-events.ts";
import { cursorOf, gapBehind, gapError, type Place, placeAt, placeWithin } from "./place.ts";

/**
 * The next events behind a place in the log, oldest first. There is always a cursor to ask with the next time: at the end of
 * the log it stays as it is until there is more. Throws `cursor_expired` when some of what followed the place is gone.
 */
export async function readOn(
  store: Store,
  filter: Parameters<typeof findEvents>[1],
  { limit }: Pick<PageRequest, "limit">,
  place: Place,
): Promise<{ items: StoredEvent[]; nextCursor: string }> {
  const { last } = await store.events.ends();
  const page = await findEvents(store, { ...filter, order: "asc" }, { limit, cursor: encodeCursor(place.seq) });
  // Looked for last: what was removed while the page was read is missing in it.
  const ends = await store.events.ends();
  const gap = await gapBehind(store.events, place, ends);
  if (gap) throw gapError(place, gap);
  const end = Math.max(last, page.items.at(-1)?.seq ?? place.seq);
  const next = page.nextCursor === null ? end : placeWithin(page.nextCursor).seq;
  return { items: page.items, nextCursor: cursorOf(placeAt(next, ends)) };
}
