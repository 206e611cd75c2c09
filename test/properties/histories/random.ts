import fc from "fast-check";
import { FAULTS } from "./api.ts";
import type { Change } from "./collection.ts";
import { CALM, CUTS, type History, type Incident, idOf, type Step, type SweepStep } from "./history.ts";
import { DEEDS } from "./observer.ts";
import { ALL_FIELDS, type Edition, type Field } from "./things.ts";

/** Enough ids for the guards of longer lists, and a few to which most happens. */
const IDS = 14;
const WIDE = fc.oneof({ weight: 3, arbitrary: fc.nat(5) }, fc.nat(IDS - 1));
const NARROW = fc.nat(3);

const COMPARED: Field[][] = [[...ALL_FIELDS], ["state"], ["state", "title"]];

const deed = fc.constantFrom(...DEEDS);
const minutes = fc.constantFrom(1, 1, 5, 11, 60, -30, -240);
const edition: fc.Arbitrary<Edition> = fc.record({
  key: fc.constantFrom("id" as const, "id", "id", "uid"),
  compared: fc.constantFrom(...COMPARED),
  ready: fc.boolean(),
});

function changes(ids: fc.Arbitrary<number>): fc.Arbitrary<Change> {
  const id = ids.map(idOf);
  const where = fc.constantFrom("top" as const, "top", "middle", "end");
  const title = fc.constantFrom("a", "b", "c");
  const soon = fc.integer({ min: -2, max: 6 });
  const plain = fc.constantFrom("drop" as const, "drop", "turn", "turn", "turn", "remake", "view");
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant("make" as const), id, where }) },
    { weight: 5, arbitrary: fc.record({ do: plain, id }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("move" as const), id, where }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("name" as const), id, title }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("expire" as const), id, minutes: soon }) },
  );
}

function sweeps(change: fc.Arbitrary<Change>): fc.Arbitrary<SweepStep> {
  const at = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 8 }));
  const burst = fc.array(change, { minLength: 1, maxLength: 4, size: "max" });
  const incident: fc.Arbitrary<Incident> = fc.oneof(
    { weight: 5, arbitrary: burst.map((changes) => ({ does: "change" as const, changes })) },
    { weight: 4, arbitrary: fc.constantFrom(...FAULTS).map((fault) => ({ does: "fault" as const, fault })) },
    { weight: 1, arbitrary: deed.map((one) => ({ does: "deed" as const, deed: one })) },
    { weight: 2, arbitrary: fc.constantFrom("kill" as const, "kill", "stop", "usurp").map((does) => ({ does })) },
    { weight: 1, arbitrary: minutes.map((n) => ({ does: "wait" as const, minutes: n })) },
  );
  const cut = fc.record<NonNullable<SweepStep["cut"]>>({
    commit: fc.integer({ min: 1, max: 4 }),
    how: fc.constantFrom(...CUTS),
  });
  return fc.record({
    do: fc.constant("sweep" as const),
    incidents: fc.array(fc.record({ at, incident }), { maxLength: 3, size: "max" }),
    cut: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: cut }),
  });
}

/** What happens to the list, and sweeps. */
function ordinary(ids: fc.Arbitrary<number>): fc.WeightedArbitrary<Step>[] {
  const change = changes(ids);
  return [
    { weight: 16, arbitrary: change.map((one) => ({ do: "change" as const, change: one })) },
    { weight: 7, arbitrary: fc.constant(CALM) },
    { weight: 7, arbitrary: sweeps(change) },
  ];
}

const RARE: fc.WeightedArbitrary<Step>[] = [
  {
    weight: 2,
    arbitrary: fc
      .tuple(deed, fc.option(fc.constantFrom(...CUTS)))
      .map(([one, cut]) => ({ do: "deed" as const, deed: one, cut })),
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
];

function listsOf(ids: number, pageSize: number, steps: fc.WeightedArbitrary<Step>[]): fc.Arbitrary<History> {
  const seldom = fc.constantFrom(false, false, false, true);
  return fc.record({
    setting: fc.record({
      paging: fc.constantFrom("id" as const, "token", "offset", "page"),
      mode: fc.constantFrom("snapshot" as const, "snapshot", "head"),
      polls: fc.constantFrom(2, 2, 1, 3),
    }),
    manner: fc.record({
      pageSize: fc.integer({ min: 1, max: pageSize }),
      restless: seldom,
      forgiving: fc.boolean(),
      noisy: seldom,
    }),
    isClockSet: seldom,
    things: fc.nat(ids),
    steps: fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 40, size: "max" }),
  });
}

/**
 * Any history of a list: of a longer one to which everything happens, or of a few things that go to and fro between small pages.
 * Its steps are followed by rest, until all that happened must have been told.
 */
export const histories: fc.Arbitrary<History> = fc.oneof(
  listsOf(IDS, 5, [...ordinary(WIDE), ...RARE]),
  listsOf(4, 2, ordinary(NARROW)),
);
