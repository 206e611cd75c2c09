import { encodeCursor } from "../kernel/page.ts";
import type { StoredEvent } from "../model/event.ts";
import type { SseEvent } from "../model/reply.ts";
import type { LogEnds, Store } from "../store/contract.ts";
import { bodyOf } from "./body.ts";
import { cursorOf, placeAt } from "./place.ts";

/** Events that one read takes from the store, and a stream holds at once. */
const PAGE = 50;

/** Some events of the log in the order of commits, with the ends of the log when they were read. */
export interface LogPage {
  items: { event: StoredEvent; message: SseEvent }[];
  /** True when there may be more behind them. */
  isFull: boolean;
  ends: LogEnds;
}

/** The events behind a place (`seq`) in the log, each as it is told. */
export async function readLog({ events }: Store, after: number): Promise<LogPage> {
  const page = await events.list({ connections: null, order: "asc", limit: PAGE, cursor: encodeCursor(after) });
  // Read last, so that what was removed in between is told as a gap and not skipped in silence.
  const ends = await events.ends();
  const items = page.items.map((event) => ({ event, message: messageOf(event, ends) }));
  return { items, isFull: page.nextCursor !== null, ends };
}

function messageOf(event: StoredEvent, ends: LogEnds): SseEvent {
  return { id: cursorOf(placeAt(event.seq, ends)), event: event.type, data: JSON.stringify(bodyOf(event, "standard")) };
}
