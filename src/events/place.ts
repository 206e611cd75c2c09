import { notFound, TidewireError } from "../kernel/errors.ts";
import { decodeCursor, encodeCursor } from "../kernel/page.ts";
import { type Actor, mayUseConnection } from "../model/actor.ts";
import type { Store } from "../store/contract.ts";

/** From where the log is read forward: the `seq` of the last event that is not wanted any more. */
export type Place = number;

/** `after=start`: everything that is kept. */
const START = "start";

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

/** The place within a cursor. Throws `invalid_cursor`. */
function placeWithin(cursor: string): Place {
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

/** The same as an error, for a reader that asks page by page. */
export function gapError({ reason, resumeAt }: Gap): TidewireError {
  const why = {
    expired: "What followed this cursor is older than events are kept, and some of it was removed.",
    ahead: "This cursor is ahead of the log: the database is an older copy of the one that gave it.",
  };
  const mend = `You may have missed events. Go on with after=${encodeCursor(resumeAt)}.`;
  return new TidewireError("cursor_expired", `${why[reason]} ${mend}`);
}
