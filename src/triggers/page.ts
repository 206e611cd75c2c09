import type { ListPage } from "../engine/call.ts";
import { type Findings, takeRecords } from "./compare.ts";
import { toRanges } from "./ranges.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Pages that are remembered in one commit, where no change has them stored earlier. */
const PAGES_PER_COMMIT = 50;

export interface TakenPage {
  /** What it turned out to hold; null when it is as it is remembered. */
  findings: Findings | null;
  /** The place to go on from; null leaves it to the page. */
  goOn: string | null;
}

/**
 * Takes a page of the listing. One that is as it is remembered is only marked as seen; any other is compared, stored with its
 * events where something changed, and remembered.
 */
export async function takePage(run: SweepRun, page: ListPage): Promise<TakenPage> {
  run.tally.pages++;
  if (page.records === null) {
    const { items, records, next } = run.pages.takeRecalled(page.place);
    run.tally.listed += records;
    run.seen.addRanges(items);
    return { findings: null, goOn: next };
  }
  const findings = await takeRecords(run, page.records);
  const goOn = await run.pages.placeAfter(run.subject.list, page, [...findings.records.keys()]);
  // Of a page that is not kept, what was remembered goes at the end of the first complete sweep. What may soon change is read anew.
  const mayKeep = findings.isSettled && findings.open === 0 && page.next !== undefined;
  if (mayKeep) run.pages.keep(page, contentOf(run, findings), goOn);
  if (run.pages.waiting >= PAGES_PER_COMMIT) await run.commit({});
  return { findings, goOn };
}

function contentOf({ subject, ports }: SweepRun, { records, numbers }: Findings) {
  const now = ports.clock.now();
  let dueAt: number | null = null;
  for (const due of subject.compiled.dues) {
    for (const record of records.values()) {
      const at = due(record, now);
      if (at !== null && at < (dueAt ?? Number.POSITIVE_INFINITY)) dueAt = at;
    }
  }
  return { items: toRanges(numbers), dueAt };
}
