import fc from "fast-check";
import { FAULTS, type Fault, type Manner } from "./api.ts";
import type { Change } from "./collection.ts";
import { DEEDS, type Deed } from "./observer.ts";
import { ALL_FIELDS, type Edition, type Field, type Setting } from "./things.ts";

/** What happens before a request of a sweep is answered, or to its answer. */
export type Incident =
  | { does: "change"; change: Change }
  | { does: "fault"; fault: Fault }
  | { does: "deed"; deed: Deed }
  /** `usurp`: another process takes over, sweeps, and this one goes on as if nothing had been. */
  | { does: "kill" | "stop" | "usurp" }
  | { does: "wait"; minutes: number };

/** How a commit of a sweep ends: the process dies before or after it is durable, or lives and is told that it failed. */
const CUTS = ["dies before", "dies after", "refused", "answer lost"] as const;
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

/** Ids that a history knows: few, so that much happens to each; enough for the guards of longer lists. */
const IDS = 14;
const COMPARED: Field[][] = [[...ALL_FIELDS], ["state"], ["state", "title"]];

const id = fc.oneof({ weight: 3, arbitrary: fc.nat(5) }, fc.nat(IDS - 1)).map((n) => idOf(n));

/** The nth id. */
export function idOf(n: number): string {
  return `n${n + 1}`;
}

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("make" as const),
      id,
      where: fc.constantFrom("top" as const, "top", "middle", "end"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("drop" as const, "drop", "turn", "turn", "turn", "remake", "view", "move"),
      id,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("name" as const), id, title: fc.constantFrom("a", "b", "c") }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("expire" as const), id, minutes: fc.integer({ min: -2, max: 6 }) }),
  },
);

const deed = fc.constantFrom(...DEEDS);
const minutes = fc.constantFrom(1, 1, 5, 11, 60, -30, -240);

const incident: fc.Arbitrary<Incident> = fc.oneof(
  { weight: 5, arbitrary: change.map((one) => ({ does: "change" as const, change: one })) },
  { weight: 4, arbitrary: fc.constantFrom(...FAULTS).map((fault) => ({ does: "fault" as const, fault })) },
  { weight: 1, arbitrary: deed.map((one) => ({ does: "deed" as const, deed: one })) },
  { weight: 2, arbitrary: fc.constantFrom("kill" as const, "kill", "stop", "usurp").map((does) => ({ does })) },
  { weight: 1, arbitrary: minutes.map((n) => ({ does: "wait" as const, minutes: n })) },
);

const sweep: fc.Arbitrary<SweepStep> = fc.record({
  do: fc.constant("sweep" as const),
  incidents: fc.array(fc.record({ at: fc.integer({ min: 1, max: 8 }), incident }), { maxLength: 3, size: "max" }),
  cut: fc.option(
    fc.record<NonNullable<SweepStep["cut"]>>({ commit: fc.integer({ min: 1, max: 4 }), how: fc.constantFrom(...CUTS) }),
    { freq: 3 },
  ),
});

const edition: fc.Arbitrary<Edition> = fc.record({
  key: fc.constantFrom("id" as const, "id", "id", "uid"),
  compared: fc.constantFrom(...COMPARED),
  ready: fc.boolean(),
});

/** A sweep that nothing disturbs. */
export const CALM: SweepStep = { do: "sweep", incidents: [], cut: null };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: change.map((one) => ({ do: "change" as const, change: one })) },
  { weight: 7, arbitrary: fc.constant(CALM) },
  { weight: 7, arbitrary: sweep },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("deed" as const), deed, cut: fc.option(fc.constantFrom(...CUTS)) }),
  },
  { weight: 1, arbitrary: edition.map((one) => ({ do: "edit" as const, edition: one })) },
  { weight: 1, arbitrary: fc.constant({ do: "kill" as const }) },
  { weight: 1, arbitrary: minutes.map((n) => ({ do: "wait" as const, minutes: n })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("no" as const, "no", "list", "all").map((what) => ({ do: "hide" as const, what })),
  },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }).map((pageSize) => ({ do: "resize" as const, pageSize })) },
  { weight: 1, arbitrary: fc.constant({ do: "shuffle" as const }) },
);

/** Any history. The steps are followed by rest: calm sweeps, until all that happened must have been told. */
export const histories: fc.Arbitrary<History> = fc.record({
  setting: fc.record({
    paging: fc.constantFrom("id" as const, "token", "offset", "page"),
    mode: fc.constantFrom("snapshot" as const, "snapshot", "head"),
    polls: fc.constantFrom(2, 2, 1, 3),
  }),
  manner: fc.record({
    pageSize: fc.integer({ min: 1, max: 5 }),
    restless: fc.boolean(),
    forgiving: fc.boolean(),
    noisy: fc.boolean(),
  }),
  isClockSet: fc.constantFrom(false, false, true),
  things: fc.nat(IDS),
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: "max" }),
});
