import { encodeCursor } from "../kernel/page.ts";
import type { StoredEvent } from "../model/event.ts";
import type { SseEvent } from "../model/reply.ts";
import type { Store } from "../store/contract.ts";
import { bodyOf } from "./body.ts";

/** Events that one read takes from the store, and a stream holds at once. */
const PAGE = 50;

/** Some events of the log in the order of commits, with where the log ended and began when they were read. */
export interface LogPage {
  items: { event: StoredEvent; message: SseEvent }[];
  /** True when there may be more behind them. */
  isFull: boolean;
  last: number;
  pruned: number;
}

/** The events behind a place (`seq`) in the log, each as it is told. */
export async function readLog({ events }: Store, after: number): Promise<LogPage> {
  const page = await events.list({ connections: null, order: "asc", limit: PAGE, cursor: encodeCursor(after) });
  // Read last, so that what was removed in between is told as a gap and not skipped in silence.
  const { last, pruned } = await events.ends();
  const items = page.items.map((event) => ({ event, message: messageOf(event) }));
  return { items, isFull: page.nextCursor !== null, last, pruned };
}

function messageOf(event: StoredEvent): SseEvent {
  return { id: encodeCursor(event.seq), event: event.type, data: JSON.stringify(bodyOf(event, "standard")) };
}
