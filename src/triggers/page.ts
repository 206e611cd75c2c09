import type { Json } from "../kernel/json.ts";
import { detect } from "./detect.ts";
import { diffPage, keyPage, type Sighting } from "./diff.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Compares records with what is stored, and stores what changed with its events. An unchanged page writes nothing. */
export async function takeRecords(run: SweepRun, records: Json[]): Promise<Sighting[]> {
  const { ports, subject, seen, tally } = run;
  const { lens, rules } = subject.compiled;
  const page = keyPage(records, lens);
  const stored = await ports.store.pollers.items(run.poller.id, [...page.records.keys()]);
  const known = new Map(stored.map((item) => [item.key, item]));
  const sightings = diffPage(page.records, known, lens, (n) => seen.has(n), isAdopting(run));
  const detection = detect(sightings, rules, run.isSilent, ports.clock.now());
  if (detection.changes.length > 0) await run.commit(detection);
  tally.keyless += page.keyless;
  tally.listed += records.length;
  if (!run.isSilent) count(run, sightings);
  await markSeen(run, sightings);
  return sightings;
}

/** True while the manifest declares other fields to compare than the last complete sweep did. */
function isAdopting({ poller, fingerprintPrint }: SweepRun): boolean {
  return poller.fingerprintPrint !== fingerprintPrint;
}

function count({ tally }: SweepRun, sightings: readonly Sighting[]): void {
  for (const { kind, before } of sightings) {
    if (kind === "new" || kind === "returned") tally.added++;
    if (kind === "changed") tally.changed++;
    if (before?.status === "held") tally.heldReturned++;
  }
}

/** New items have got their numbers by the commit. */
async function markSeen({ ports, poller, seen }: SweepRun, sightings: readonly Sighting[]): Promise<void> {
  const fresh: string[] = [];
  for (const { before, key } of sightings) {
    if (before) seen.add(before.n);
    else fresh.push(key);
  }
  if (fresh.length === 0) return;
  for (const { n } of await ports.store.pollers.items(poller.id, fresh)) seen.add(n);
}
