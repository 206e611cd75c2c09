import type { Json } from "../kernel/json.ts";
import type { KnownItem } from "../model/poller.ts";
import { detect } from "./detect.ts";
import { diffPage, keyPage, type Sighting } from "./diff.ts";
import type { SweepRun } from "./sweep-run.ts";

/** What a page turned out to hold. */
export interface Findings {
  /** By key, in the order of the page. */
  records: Map<string, Json>;
  /** How many records there were, those without a key included. */
  listed: number;
  /** The numbers of its items, by key. */
  numbers: Map<string, number>;
  /** The items that are not as they were stored. */
  sightings: Sighting[];
  /** How many items this sweep met here for the first time. */
  met: number;
  /** How many of its items may still change. */
  open: number;
  /** True when what is stored of its items is what it says of them. */
  isSettled: boolean;
}

/** Compares records with what is stored, and stores what changed with its events. An unchanged page writes nothing. */
export async function takeRecords(run: SweepRun, records: Json[]): Promise<Findings> {
  const { ports, subject, seen, tally, poller } = run;
  const metBefore = seen.size;
  const page = keyPage(records, subject.compiled.lens);
  const stored = page.records.size === 0 ? [] : await ports.store.pollers.known(poller.id, [...page.records.keys()]);
  const known = run.unstored.over(stored);
  const differing = differingOf(run, page.records, known);
  const sightings = differing.size === 0 ? [] : await takeDiffering(run, differing);
  const fresh = sightings.filter(({ before }) => before === null).map(({ key }) => key);
  // New items have got their numbers by the commit.
  const numbered = fresh.length === 0 ? known : known.concat(await ports.store.pollers.known(poller.id, fresh));
  const numbers = new Map(numbered.map(({ key, n }) => [key, n]));
  for (const n of numbers.values()) seen.add(n);
  tally.keyless += page.keyless;
  tally.listed += records.length;
  const open = countOpen(run, page.records);
  tally.open += open;
  // An item that an earlier page showed otherwise was left out: that page counts.
  const isSettled = page.keyless === 0 && sightings.length === differing.size;
  const met = seen.size - metBefore;
  return { records: page.records, listed: records.length, numbers, sightings, met, open, isSettled };
}

function countOpen({ subject, ports }: SweepRun, records: Map<string, Json>): number {
  if (subject.poller.track === null) return 0;
  const now = ports.clock.now();
  let open = 0;
  for (const record of records.values()) open += Number(subject.compiled.isOpen(record, now));
  return open;
}

/** The records that are not what is stored of them; nearly all of them are, at the least cost. */
function differingOf(run: SweepRun, records: Map<string, Json>, known: readonly KnownItem[]): Map<string, Json> {
  const { isAsBefore } = run.subject.compiled;
  const now = run.ports.clock.now();
  const differing = new Map(records);
  for (const item of known) {
    const record = records.get(item.key);
    if (record !== undefined && isAsBefore(item, record, now)) differing.delete(item.key);
  }
  return differing;
}

async function takeDiffering(run: SweepRun, records: Map<string, Json>): Promise<Sighting[]> {
  const { ports, subject, seen, moved } = run;
  const { lens, rules } = subject.compiled;
  const stored = await ports.store.pollers.items(run.poller.id, [...records.keys()]);
  const known = new Map(stored.map((item) => [item.key, item]));
  const sightings = diffPage(records, known, lens, (n) => seen.has(n));
  const detection = detect(sightings, rules, run.isSilent, ports.clock.now());
  await run.store(detection);
  for (const { before } of detection.changes) if (before) moved.add(before.n);
  count(run, sightings);
  return sightings;
}

/** Before the baseline nothing counts as a change; what is held may return all the same. */
function count({ tally, isSilent }: SweepRun, sightings: readonly Sighting[]): void {
  for (const { kind, before } of sightings) {
    if (before?.status === "held") tally.heldReturned++;
    if (isSilent) continue;
    if (kind === "new" || kind === "returned") tally.added++;
    if (kind === "changed") tally.changed++;
  }
}
