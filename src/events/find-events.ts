import { setImmediate } from "node:timers/promises";
import { encodeCursor, type Page, type PageRequest } from "../kernel/page.ts";
import type { StoredEvent } from "../model/event.ts";
import type { EventFilter, Store } from "../store/contract.ts";
import { names } from "./pattern.ts";

/** Events that are looked at for one page, at most: where few fit, a page has fewer than it could, and a cursor. */
const MOST_LOOKED_AT = 10_000;
const SLICE = 200;

type Wanted = Omit<EventFilter, "type"> & { types: readonly string[]; order?: "asc" };

/** True when one of the patterns names the event; without patterns every event is meant. */
export function isNamed(patterns: readonly string[], event: Pick<StoredEvent, "type" | "connector">): boolean {
  return patterns.length === 0 || patterns.some((pattern) => names(pattern, event));
}

/** A page of the events that fit, by patterns of their types and all else that the store knows to look for. */
export async function findEvents(
  { events }: Store,
  { types, ...filter }: Wanted,
  { limit, cursor }: PageRequest,
): Promise<Page<StoredEvent>> {
  const type = onlyType(types);
  if (types.length === 0 || type === types[0]) return events.list({ ...filter, type, limit, cursor });
  const items: StoredEvent[] = [];
  let next = cursor;
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += SLICE) {
    const page = await events.list({ ...filter, type, limit: SLICE, cursor: next });
    for (const event of page.items) {
      if (isNamed(types, event)) items.push(event);
      if (items.length === limit) return { items, nextCursor: encodeCursor(event.seq) };
    }
    if (page.nextCursor === null) return { items, nextCursor: null };
    next = page.nextCursor;
    await setImmediate(); // whoever waits is served between two slices
  }
  return { items, nextCursor: next ?? null };
}

/** The one type that the patterns can name, which the store knows to look for; undefined when there may be others. */
function onlyType(types: readonly string[]): string | undefined {
  const [only = "*"] = types;
  return types.length > 1 || only.includes("*") ? undefined : only.slice(only.indexOf("/") + 1);
}
