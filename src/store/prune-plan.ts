import type { PrunePlace } from "./acts.ts";

/** An old event, as the retention looks at it. */
export interface OldEvent extends PrunePlace {
  id: string;
  deliveries: number;
  /** 1 when a delivery of it is pending. */
  pending: number;
}

/** What one step deletes: whole events, or a part of one whose deliveries are too many for a step. */
export interface PrunePlan {
  whole: OldEvent[];
  part: OldEvent | null;
  /** The last event that needs no further look. */
  place: PrunePlace;
}

/**
 * As many events, in the order given, as have `limit` rows together with their deliveries; those with a pending one are passed
 * by. `after` is where the step before came to.
 */
export function planPrune(old: readonly OldEvent[], limit: number, after: PrunePlace): PrunePlan {
  const plan: PrunePlan = { whole: [], part: null, place: after };
  let room = limit;
  for (const event of old) {
    if (!event.pending) {
      room -= 1 + event.deliveries;
      if (room < 0) return plan.whole.length > 0 ? plan : { ...plan, part: event };
      plan.whole.push(event);
    }
    plan.place = { timestamp: event.timestamp, seq: event.seq };
  }
  return plan;
}
