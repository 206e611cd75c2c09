import type { ListPage } from "../engine/call.ts";
import type { Json } from "../kernel/json.ts";
import type { StoredCut, StoredPage } from "../model/poller.ts";
import { type Findings, takeRecords } from "./compare.ts";
import { cursorOf, isPartly, type Onward } from "./page-memory.ts";
import { numbersIn, toRanges } from "./ranges.ts";
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
 * Takes a page of the listing. What is as it is remembered, a page or pieces of it, is only marked as seen; the rest is
 * compared, stored with its events where something changed, and remembered.
 */
export async function takePage(run: SweepRun, page: ListPage): Promise<TakenPage> {
  const { pages, seen, tally } = run;
  tally.pages++;
  if (page.records === null) {
    const { items, records, next } = pages.takeRecalled(page.place);
    tally.listed += records;
    seen.addRanges(items);
    return { findings: null, goOn: next };
  }
  for (const part of page.cut?.parts ?? []) {
    if (!("kept" in part)) continue;
    tally.listed += part.kept.records;
    seen.addRanges(pages.itemsOf(part.kept));
  }
  const findings = await takeRecords(run, page.records);
  const onward = await pages.placeAfter(run.subject.list, page, [...findings.records.keys()]);
  // Of a page that is not kept, what was remembered goes at the end of the first complete sweep. What may soon change is read anew.
  const mayKeep = run.keepsPages && findings.isSettled && findings.open === 0 && page.next !== undefined;
  if (mayKeep) pages.keep(toStore(run, page, findings, onward));
  if (pages.waiting >= PAGES_PER_COMMIT) await run.commit({});
  return { findings, goOn: onward.next };
}

function toStore(run: SweepRun, page: ListPage, findings: Findings, { next, anchor }: Onward): StoredPage {
  const { place, digest, cut } = page;
  const blocks = cut && blocksOf(run, cut, findings);
  const items = blocks ? blocks.flatMap((block) => numbersIn(block.items)) : [...findings.numbers.values()];
  return {
    cursor: cursorOf(place),
    digest,
    next,
    records: blocks ? blocks.reduce((sum, block) => sum + block.records, 0) : findings.listed,
    items: toRanges(items),
    dueAt: earliest(cut && isPartly(cut) ? run.pages.recalledDueAt : null, dueAt(run, findings)),
    cut: blocks && anchor !== null ? { head: cut.head, blocks, anchor } : null,
  };
}

/** The pieces of a page, each with the numbers of its items. */
function blocksOf(
  { pages, subject }: SweepRun,
  { parts }: NonNullable<ListPage["cut"]>,
  { numbers }: Findings,
): StoredCut["blocks"] {
  const numberOf = (record: Json) => numbers.get(subject.compiled.lens.keyOf(record) ?? "") ?? [];
  return parts.map((part) =>
    "kept" in part
      ? { ...part.kept, items: pages.itemsOf(part.kept) }
      : { ...part.block, items: toRanges(part.records.flatMap(numberOf)) },
  );
}

/** When the first condition on time turns for one of the records. */
function dueAt({ subject, ports }: SweepRun, { records }: Findings): number | null {
  const now = ports.clock.now();
  let first: number | null = null;
  for (const due of subject.compiled.dues) {
    for (const record of records.values()) first = earliest(first, due(record, now));
  }
  return first;
}

function earliest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b);
}
