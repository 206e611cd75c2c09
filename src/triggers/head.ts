import { messageOf } from "../kernel/errors.ts";
import type { Account } from "../model/connection.ts";
import { type Findings, takeRecords } from "./compare.ts";
import { itemReader } from "./item-reader.ts";
import type { SweepRun } from "./sweep-run.ts";
import { unseenItems } from "./unseen.ts";

/** True when every page is to be fetched: always in `snapshot` mode; in `head` mode before the baseline and now and then. */
export function isFullSweep({ poller, subject, startedAt }: SweepRun): boolean {
  const { mode, fullSweepEveryMs } = subject.poller;
  if (mode === "snapshot" || poller.baselinedAt === null || poller.lastCompleteAt === null) return true;
  const sinceMs = startedAt - poller.lastCompleteAt;
  // By a clock that was put back nobody knows how long ago it was.
  return sinceMs < 0 || sinceMs >= fullSweepEveryMs;
}

/** True when a page, newest first, holds nothing but items that were known and are finished: what follows is older still. */
export function pageEndsHead({ sightings, met, open }: Findings): boolean {
  return met > 0 && open === 0 && !sightings.some(({ kind }) => kind === "new" || kind === "returned");
}

/** Reads again, one by one, the items beyond the head that may still change. One that cannot be read waits for a full sweep. */
export async function rereadOpen(run: SweepRun, account: Account, signal: AbortSignal): Promise<void> {
  const { subject, ports } = run;
  const readItem = itemReader(run, subject.poller.track?.operation, account, signal);
  if (!readItem) return;
  const keys = await openKeys(run);
  for (const [n, key] of keys.entries()) {
    if (!(await run.hasRoom())) {
      run.tally.open += keys.length - n;
      return;
    }
    const read = await readItem(key).then(
      (record) => ({ record }),
      (error: unknown) => ({ error }),
    );
    if ("record" in read) {
      await takeRecords(run, [read.record]);
      await run.flush();
    } else {
      run.tally.open++;
      const about = { resource: subject.resource.handle, item: key, error: messageOf(read.error) };
      ports.log.info(about, "open item not read");
    }
  }
}

/** The items that the sweep did not meet and that may still change, as they were last known. */
async function openKeys(run: SweepRun): Promise<string[]> {
  const now = run.ports.clock.now();
  const open: string[] = [];
  for await (const items of unseenItems(run)) {
    open.push(...items.filter((item) => run.subject.compiled.isOpen(item.record, now)).map((item) => item.key));
  }
  return open;
}
