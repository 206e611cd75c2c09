import { setImmediate } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Ports } from "../context.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Actor } from "../model/actor.ts";
import type { StoredEvent } from "../model/event.ts";
import type { SseEvent, SseHeartbeat } from "../model/reply.ts";
import type { Store } from "../store/contract.ts";
import { type Follower, type Followers, followersOf } from "./followers.ts";
import { cursorOf, type Gap, gapAfter, gapBody, type Place, placeAt } from "./place.ts";
import { type Wanted, wantsSuch } from "./reader.ts";

/** A stream is never silent for longer: proxies cut what is, and a reader knows that nobody is there any more. */
const HEARTBEAT_MS = 15_000;

/**
 * The events behind a place in the log, those that are there and then each as it is committed, in the order of commits, until the
 * caller goes away, the server stops or the key's rights change. Nothing is read ahead of the reader: a slow one costs no memory.
 */
export async function* follow(
  { store, clock }: Pick<Ports, "store" | "clock">,
  actor: Actor,
  wanted: Wanted,
  from: Place,
  signal: AbortSignal,
): AsyncGenerator<SseEvent | SseHeartbeat> {
  const followers = followersOf(store);
  const follower = followers.join(actor.keyId, wanted);
  const end = () => follower.end();
  signal.addEventListener("abort", end, { once: true });
  try {
    if (signal.aborted || !(await stillHas(store, actor))) return;
    yield heartbeat(from);
    yield* tell(clock, followers, follower, wanted, from);
  } finally {
    signal.removeEventListener("abort", end);
    followers.leave(follower);
  }
}

async function* tell(
  clock: Clock,
  followers: Followers,
  follower: Follower,
  wanted: Wanted,
  from: Place,
): AsyncGenerator<SseEvent | SseHeartbeat> {
  let place = from;
  let toldAt = clock.now();
  while (!follower.isOver) {
    const { commits } = followers;
    const page = await followers.page(place.seq);
    const gap = gapAfter(place, page.ends, page.items[0]?.event);
    if (gap) yield gapMessage(place, gap);
    for (const { event, message } of gap ? [] : page.items) {
      if (follower.isOver) return;
      place = placeAt(event.seq, page.ends);
      if (!fits(wanted, event)) continue;
      yield message;
      toldAt = clock.now();
    }
    if (gap) place = gap.resumeAt;
    else if (page.isFull || followers.commits !== commits)
      await setImmediate(); // others have their turn
    else await follower.wait(clock, Math.min(toldAt + HEARTBEAT_MS - clock.now(), HEARTBEAT_MS));
    const silentMs = clock.now() - toldAt; // below zero once the clock was put back
    if (follower.isOver || (silentMs >= 0 && silentMs < HEARTBEAT_MS)) continue;
    yield heartbeat(place);
    toldAt = clock.now();
  }
}

function fits(wanted: Wanted, event: StoredEvent): boolean {
  return (wanted.since === undefined || event.timestamp >= wanted.since) && wantsSuch(wanted, event);
}

/** A reader that saw none of many events still moves on: its cursor does not grow old. */
function heartbeat(place: Place): SseHeartbeat {
  return { heartbeat: true, id: cursorOf(place) };
}

function gapMessage(after: Place, gap: Gap): SseEvent {
  return { event: "gap", id: cursorOf(gap.resumeAt), data: JSON.stringify(gapBody(after, gap)) };
}

/** False when the key's rights changed since its caller was let in. The root key is not in the store. */
async function stillHas({ keys }: Store, { keyId, scopes, connections }: Actor): Promise<boolean> {
  const key = await keys.get(keyId);
  if (key === null) return true;
  return key.revokedAt === null && isDeepStrictEqual([key.scopes, key.connections], [scopes, connections]);
}
