import type { StoredItem } from "../model/poller.ts";
import type { ItemWrite } from "../store/acts.ts";
import { withoutNumber } from "./detect.ts";

/** How a removal is proved (the manifest's `absent`). */
export interface AbsenceRule {
  /** Complete sweeps in a row that must lack an item before it is read. */
  polls: number;
  /** A larger share of the known items gone at once is held back. */
  maxFraction: number;
}

/** Lists shorter than this need no guard: the confirming reads are proof enough. */
const GUARDED_FROM = 10;

export interface AbsenceVerdict {
  /** True: what is absent now is held, no removal is told until the items return or a person decides. */
  hold: boolean;
  /** True: some held items came back and no guard trips, so that the others are ordinary suspects again. */
  release: boolean;
}

/**
 * Judges the absences of a complete sweep. `known` is how many items there were when it began, `listed` how many it met,
 * `absent` how many of the known it did not, `heldReturned` how many held ones it met again.
 */
export function judgeAbsence(
  counts: { known: number; listed: number; absent: number; heldReturned: number },
  rule: Pick<AbsenceRule, "maxFraction">,
): AbsenceVerdict {
  const guarded = counts.known >= GUARDED_FROM && counts.absent > 0;
  const hold = guarded && (counts.listed === 0 || counts.absent / counts.known > rule.maxFraction);
  return { hold, release: !hold && counts.heldReturned > 0 };
}

/** The row of an item that a complete sweep did not list; null when nothing of it changes. */
export function markAbsent(item: StoredItem, verdict: AbsenceVerdict): ItemWrite | null {
  if (item.status === "held" && !verdict.release) return null;
  return { ...withoutNumber(item), absent: item.absent + 1, status: verdict.hold ? "held" : "suspect" };
}

/** True when an item was absent for long enough to be read. */
export function needsProof(item: Pick<StoredItem, "absent" | "status">, rule: Pick<AbsenceRule, "polls">): boolean {
  return item.status === "suspect" && item.absent >= rule.polls;
}

/** The row of an item that was read although no list shows it: it lives. */
export function markAlive(item: StoredItem): ItemWrite {
  return { ...withoutNumber(item), absent: 0, status: "present" };
}
