import type { Replay } from "../../model/replay.ts";
import { type Look, startOf } from "./look.ts";

/** How many are made due in one commit at most: of the rate, a second's worth. */
const MOST_AT_ONCE = 100;
/** How many one look counts at most. */
const MOST_COUNTED = 500;

/** How many the next look of a replay is to find at most. One more than its limit is counted, to know whether there are more. */
export function quotaOf({ step, limit, total, done, rate }: Replay): number {
  return step === "count"
    ? Math.min(MOST_COUNTED, limit + 1 - total)
    : Math.min(MOST_AT_ONCE, Math.max(1, rate), limit - done);
}

/** The replay after a look that found `found`, and whether it has come to its end. */
export function advance(replay: Replay, found: number, next: Look["next"]): { replay: Replay; isOver: boolean } {
  return replay.step === "count" ? counted(replay, found, next) : sent(replay, found, next);
}

function counted(replay: Replay, found: number, next: Look["next"]): { replay: Replay; isOver: boolean } {
  const sum = replay.total + found;
  const capped = sum > replay.limit;
  const total = Math.min(sum, replay.limit);
  if (next !== null && !capped) return { replay: { ...replay, ...next, total }, isOver: false };
  const ready: Replay = { ...replay, ...startOf(replay), step: "send", total, capped };
  return { replay: ready, isOver: replay.dryRun || total === 0 };
}

function sent(replay: Replay, found: number, next: Look["next"]): { replay: Replay; isOver: boolean } {
  const done = replay.done + found;
  // What ended while it was counted may have joined them.
  const total = Math.max(replay.total, done);
  return { replay: { ...replay, ...next, done, total }, isOver: next === null || done >= replay.limit };
}
