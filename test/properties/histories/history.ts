import type { Fault, Manner } from "./api.ts";
import type { Change } from "./collection.ts";
import type { Deed } from "./observer.ts";
import type { Edition, Setting } from "./things.ts";

/** What happens before a request of a sweep is answered, or to its answer. */
export type Incident =
  | { does: "change"; changes: Change[] }
  | { does: "fault"; fault: Fault }
  | { does: "deed"; deed: Deed }
  /** `usurp`: another process takes over, sweeps, and this one goes on as if nothing had been. */
  | { does: "kill" | "stop" | "usurp" }
  | { does: "wait"; minutes: number };

/** How a commit of a sweep ends: the process dies before or after it is durable, or lives and is told that it failed. */
export const CUTS = ["dies before", "dies after", "refused", "answer lost"] as const;
export type Cut = (typeof CUTS)[number];

export interface SweepStep {
  do: "sweep";
  /** At requests by number (1, 2 …). */
  incidents: { at: number; incident: Incident }[];
  cut: { commit: number; how: Cut } | null;
}

export type Step =
  | { do: "change"; change: Change }
  | SweepStep
  | { do: "deed"; deed: Deed; cut: Cut | null }
  | { do: "edit"; edition: Edition }
  | { do: "kill" }
  | { do: "wait"; minutes: number }
  | { do: "hide"; what: "no" | "list" | "all" }
  | { do: "resize"; pageSize: number }
  | { do: "shuffle" };

export interface History {
  setting: Setting;
  manner: Manner;
  /** True: the clock is put back at times, and nothing expires; else all that waits is on the way forward. */
  isClockSet: boolean;
  /** Things that there are at first. */
  things: number;
  steps: Step[];
}

/** A sweep that nothing disturbs. */
export const CALM: SweepStep = { do: "sweep", incidents: [], cut: null };

/** The nth id. */
export function idOf(n: number): string {
  return `n${n + 1}`;
}
