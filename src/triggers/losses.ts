import { operationalEvent } from "../events/operational.ts";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import type { Account } from "../model/connection.ts";
import type { NewEvent } from "../model/event.ts";
import type { StoredItem } from "../model/poller.ts";
import { type AbsenceVerdict, judgeAbsence, markAbsent, markAlive, needsProof } from "./absence.ts";
import { type Detection, detectRemoval } from "./detect.ts";
import { itemReader, type ReadItem } from "./item-reader.ts";
import type { SweepRun } from "./sweep-run.ts";
import { unseenItems } from "./unseen.ts";

/** Confirming reads of one sweep, at most: a budget of their own, so that they do not hold up what was found. */
const READS_PER_SWEEP = 20;
const READS_TIME_MS = 30_000;

/**
 * What a complete sweep did not list: marks it as suspect or held, and gives the suspects to read now. Which of many is left to
 * chance, so that some which can never be proved do not keep the others from it.
 */
export async function noteAbsences(run: SweepRun): Promise<StoredItem[]> {
  const absent = run.poller.items - run.seen.size;
  if (absent <= 0) return [];
  const { absent: rule } = run.subject.poller;
  const { listed, heldReturned } = run.tally;
  const verdict = judgeAbsence({ known: run.known, listed, absent, heldReturned }, rule);
  let drawn: { item: StoredItem; lot: number }[] = [];
  for await (const items of unseenItems(run)) {
    const changes = items.flatMap((before) => {
      const after = markAbsent(before, verdict);
      return after ? [{ before, after }] : [];
    });
    if (changes.length > 0) await run.commit({ changes, operational: alarm(run, verdict, absent) });
    const due = changes
      .map(({ before, after }) => ({ n: before.n, ...after }))
      .filter((item) => needsProof(item, rule));
    drawn.push(...due.map((item) => ({ item, lot: run.ports.random() })));
    drawn = drawn.sort((a, b) => a.lot - b.lot).slice(0, READS_PER_SWEEP);
  }
  return drawn.map(({ item }) => item);
}

/** Reads suspects one by one: one that answers not found is gone, one that answers is back, any other answer proves nothing. */
export async function proveRemovals(
  run: SweepRun,
  suspects: StoredItem[],
  account: Account,
  signal: AbortSignal,
): Promise<Detection> {
  const outOfTime = new AbortController();
  const cancel = run.ports.clock.after(READS_TIME_MS, () =>
    outOfTime.abort(new Error("the time for confirming reads is over")),
  );
  const within = AbortSignal.any([signal, outOfTime.signal]);
  const readItem = itemReader(run, run.subject.poller.absent.confirm, account, within);
  const proved: Detection = { changes: [], told: [] };
  try {
    for (const item of suspects) {
      if (within.aborted || !(await run.hasRoom(false))) break;
      const fate = await fateOf(run, item, readItem);
      const change = fate === "gone" ? detectRemoval(item, run.subject.compiled.rules, run.isSilent) : null;
      if (change) {
        run.tally.removed++;
        proved.told.push(...change.told);
        proved.changes.push(...change.changes);
      } else if (fate === "alive") proved.changes.push({ before: item, after: markAlive(item) });
    }
  } finally {
    cancel();
  }
  return proved;
}

/** Told once, when the first removals are held. */
function alarm({ ports, poller, subject, known }: SweepRun, { hold }: AbsenceVerdict, absent: number): NewEvent[] {
  if (!hold || poller.held > 0) return [];
  const { id, name } = subject.connection;
  const data = { poller: poller.id, resource: poller.resource, name: poller.name, held: absent, items: known };
  const about = { key: `${poller.id}:${poller.generation}:${poller.version}`, connection: { id, name } };
  return [operationalEvent(ports, "tidewire.poller.held", data, about)];
}

async function fateOf(
  { ports, subject }: SweepRun,
  item: StoredItem,
  readItem: ReadItem | null,
): Promise<"gone" | "alive" | "unknown"> {
  const { resource, poller } = subject;
  // Without an operation to read it by, its absence from the lists is all the proof there is.
  if (!readItem) return "gone";
  try {
    await readItem(item.key);
    return "alive";
  } catch (error) {
    const status = error instanceof TidewireError ? error.upstream?.status : undefined;
    if (typeof status === "number" && poller.absent.notFound.includes(status)) return "gone";
    ports.log.info({ resource: resource.handle, item: item.key, error: messageOf(error) }, "removal not proved yet");
    return "unknown";
  }
}
