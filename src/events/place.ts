import { notFound, TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { decodeCursor, encodeCursor } from "../kernel/page.ts";
import { type Actor, mayUseConnection } from "../model/actor.ts";
import type { StoredEvent } from "../model/event.ts";
import type { LogEnds, Store } from "../store/contract.ts";

/** From where the log is read forward. */
export interface Place {
  /** That of the last event that is not wanted any more. */
  seq: number;
  /** The count of the log's removals when its reader was told that some of what follows is gone; null = it was told of none. */
  removals: number | null;
}

/** `after=start`: everything that is kept. */
const START = "start";
/** Where an event stood that was removed: before what is kept, so that its reader is told of the gap. */
const BEFORE_ALL: Place = { seq: 0, removals: null };
/** What `cursorOf` makes. */
const PLACE = /^(\d{1,15})(?::(\d{1,15}))?$/;
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
    return { seq: event.seq, removals: null };
  }
  if (after !== undefined && after !== START) return placeWithin(after);
  const ends = await events.ends();
  if (after === START) return (await gapBehind(events, BEFORE_ALL, ends))?.resumeAt ?? BEFORE_ALL;
  const first = since === undefined ? undefined : await firstOf(events, { since });
  return placeAt(first === undefined ? ends.last : first.seq - 1, ends);
}

/** The place behind a `seq`, for a reader that knows what was removed. */
export function placeAt(seq: number, { pruned, removals }: LogEnds): Place {
  return { seq, removals: seq < pruned ? (removals.at(-1)?.count ?? 0) : null };
}

/** A place as readers keep it. */
export function cursorOf({ seq, removals }: Place): string {
  return encodeCursor(removals === null ? seq : `${seq}:${removals}`);
}

/** True for an id, of an event that is not there, older than the oldest event that came after what was removed: ids sort by time. */
async function isPruned(events: Store["events"], id: string): Promise<boolean> {
  const { pruned } = await events.ends();
  if (pruned === 0 || !EVENT_ID.test(id)) return false;
  const oldest = await firstOf(events, { cursor: encodeCursor(pruned) });
  return oldest === undefined || id < oldest.id;
}

/** The place within a cursor. Throws `invalid_cursor`. */
export function placeWithin(cursor: string): Place {
  const [, seq, removals] = PLACE.exec(String(decodeCursor(cursor))) ?? [];
  if (seq !== undefined) return { seq: Number(seq), removals: removals === undefined ? null : Number(removals) };
  throw new TidewireError("invalid_cursor", "This cursor is of another listing; use one that the log of events gave.");
}

/** What a reader cannot be told: events behind its place were removed, or it has seen more than there is (an older database). */
export interface Gap {
  reason: "expired" | "ahead";
  /** Where it can go on. */
  resumeAt: Place;
}

/**
 * The gap behind a place; null when all that followed it is there, or its reader was told. `next` is the first event that is
 * kept behind the place: there the reader goes on, though more may have been removed behind it.
 */
export function gapAfter(place: Place, ends: LogEnds, next: Pick<StoredEvent, "seq"> | undefined): Gap | null {
  const { last, pruned } = ends;
  if (place.seq > last) return { reason: "ahead", resumeAt: placeAt(last, ends) };
  if (place.seq >= untoldTo(place, ends)) return null;
  const seq = next === undefined ? pruned : Math.min(next.seq - 1, pruned);
  return { reason: "expired", resumeAt: placeAt(seq, ends) };
}

/** The last `seq` of what was removed since the reader of a place was told; 0 for nothing. */
function untoldTo(place: Place, { pruned, removals }: LogEnds): number {
  const told = place.removals;
  return told === null ? pruned : (removals.find(({ count }) => count > told)?.seq ?? 0);
}

/** The same, where what is kept behind the place is not known. */
export async function gapBehind(events: Store["events"], place: Place, ends: LogEnds): Promise<Gap | null> {
  const mayLack = place.seq < ends.pruned;
  return gapAfter(place, ends, mayLack ? await firstOf(events, { cursor: encodeCursor(place.seq) }) : undefined);
}

async function firstOf(events: Store["events"], from: { since?: number; cursor?: string }) {
  return (await events.list({ connections: null, order: "asc", limit: 1, ...from })).items[0];
}

/** A gap as readers are told of it; `after` is the place that they named. */
export function gapBody(after: Place, { reason, resumeAt }: Gap): JsonObject {
  return { after: cursorOf(after), reason, resumed_at: cursorOf(resumeAt) };
}

/** The same as an error, for a reader that asks page by page. */
export function gapError(after: Place, gap: Gap): TidewireError {
  const why = {
    expired: "What followed this cursor is older than events are kept, and some of it was removed.",
    ahead: "This cursor is ahead of the log: the database is an older copy of the one that gave it.",
  };
  const mend = `You may have missed events. Go on with after=${cursorOf(gap.resumeAt)}.`;
  return new TidewireError("cursor_expired", `${why[gap.reason]} ${mend}`, { members: { gap: gapBody(after, gap) } });
}
