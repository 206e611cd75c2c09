import { notFound, TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { decodeCursor, encodeCursor } from "../kernel/page.ts";
import { type Actor, mayUseConnection } from "../model/actor.ts";
import type { Store } from "../store/contract.ts";

/** From where the log is read forward: the `seq` of the last event that is not wanted any more. */
export type Place = number;

/** `after=start`: everything that is kept. */
const START = "start";
/** Where an event stood that was removed: before what is kept, so that its reader is told of the gap. */
const BEFORE_ALL: Place = 0;
/** A ULID behind the prefix. */
const EVENT_ID = /^evt_[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/**
 * The place that a caller names: a cursor of the log, the id of an event, or `start`; without any the first event since a moment
 * (ms), else the end. Throws `invalid_cursor`, and `not_found` for an event that is not there or may not be seen.
 */
export async function placeOf(
  { events }: Store,
  actor: Actor,
  { after, since }: { after?: string | undefined; since?: number | undefined },
): Promise<Place> {
  if (after?.startsWith("evt_")) {
    const event = await events.get(after);
    if (event === null && (await isPruned(events, after))) return BEFORE_ALL;
    if (!event || !mayUseConnection(actor, event.connectionId)) throw notFound("event", after);
    return event.seq;
  }
  if (after !== undefined && after !== START) return placeWithin(after);
  const { last, pruned } = await events.ends();
  if (after === START) return pruned;
  if (since === undefined) return last;
  const [first] = (await events.list({ connections: null, since, order: "asc", limit: 1 })).items;
  return first === undefined ? last : Math.max(first.seq - 1, pruned);
}

/** True for an id, of an event that is not there, older than the oldest event that came after what was removed: ids sort by time. */
async function isPruned(events: Store["events"], id: string): Promise<boolean> {
  const { pruned } = await events.ends();
  if (pruned === 0 || !EVENT_ID.test(id)) return false;
  const [oldest] = (await events.list({ connections: null, order: "asc", cursor: encodeCursor(pruned), limit: 1 }))
    .items;
  return oldest === undefined || id < oldest.id;
}

/** The place within a cursor. Throws `invalid_cursor`. */
export function placeWithin(cursor: string): Place {
  const place = decodeCursor(cursor);
  if (typeof place === "number" && Number.isSafeInteger(place) && place >= 0) return place;
  throw new TidewireError("invalid_cursor", "This cursor is of another listing; use one that the log of events gave.");
}

/** What a reader cannot be told: events behind its place were removed, or it has seen more than there is (an older database). */
export interface Gap {
  reason: "expired" | "ahead";
  /** Where it can go on. */
  resumeAt: Place;
}

/** The gap behind a place; null when all that followed it is there. */
export function gapAfter(place: Place, { last, pruned }: { last: number; pruned: number }): Gap | null {
  if (place < pruned) return { reason: "expired", resumeAt: pruned };
  return place > last ? { reason: "ahead", resumeAt: last } : null;
}

/** A gap as readers are told of it; `after` is the place that they named. */
export function gapBody(after: Place, { reason, resumeAt }: Gap): JsonObject {
  return { after: encodeCursor(after), reason, resumed_at: encodeCursor(resumeAt) };
}

/** The same as an error, for a reader that asks page by page. */
export function gapError(after: Place, gap: Gap): TidewireError {
  const why = {
    expired: "What followed this cursor is older than events are kept, and some of it was removed.",
    ahead: "This cursor is ahead of the log: the database is an older copy of the one that gave it.",
  };
  const mend = `You may have missed events. Go on with after=${encodeCursor(gap.resumeAt)}.`;
  return new TidewireError("cursor_expired", `${why[gap.reason]} ${mend}`, { members: { gap: gapBody(after, gap) } });
}
