import { engineDeps } from "../connections/engine-deps.ts";
import { readRecord } from "../engine/answer.ts";
import { messageOf } from "../kernel/errors.ts";
import type { Account } from "../model/connection.ts";
import type { StoredItem } from "../model/poller.ts";
import type { Sighting } from "./diff.ts";
import { takeRecords } from "./page.ts";
import { readerOf } from "./subject.ts";
import type { SweepRun } from "./sweep-run.ts";
import { unseenItems } from "./unseen.ts";

/** True when every page is to be fetched: always in `snapshot` mode; in `head` mode before the baseline and now and then. */
export function isFullSweep({ poller, subject, startedAt }: SweepRun): boolean {
  const { mode, fullSweepEveryMs } = subject.poller;
  if (mode === "snapshot" || poller.baselinedAt === null || poller.lastCompleteAt === null) return true;
  return startedAt - poller.lastCompleteAt >= fullSweepEveryMs;
}

/** True when a page, newest first, holds nothing but items that were known and are finished: what follows is older still. */
export function pageEndsHead({ subject, ports }: SweepRun, sightings: readonly Sighting[]): boolean {
  const now = ports.clock.now();
  const isDone = ({ kind, record }: Sighting) =>
    kind !== "new" && kind !== "returned" && !subject.compiled.isOpen(record, now);
  return sightings.length > 0 && sightings.every(isDone);
}

/** Reads again, one by one, the items beyond the head that may still change. One that cannot be read waits for a full sweep. */
export async function rereadOpen(run: SweepRun, account: Account, signal: AbortSignal): Promise<void> {
  const { subject, ports } = run;
  const reader = readerOf(subject, subject.poller.track?.operation);
  if (!reader) return;
  const now = ports.clock.now();
  const open: StoredItem["key"][] = [];
  for await (const items of unseenItems(run)) {
    open.push(...items.filter((item) => subject.compiled.isOpen(item.record, now)).map((item) => item.key));
  }
  const { connector, resource } = subject;
  const { operation, inputOf } = reader;
  for (const key of open) {
    const call = { connector, resource, operation, input: inputOf(key), account, fields: "raw" as const, signal };
    const read = await readRecord(engineDeps(ports), call).then(
      (record) => ({ record }),
      (error: unknown) => ({ error }),
    );
    if ("record" in read) await takeRecords(run, [read.record]);
    else ports.log.info({ resource: resource.handle, item: key, error: messageOf(read.error) }, "open item not read");
  }
}
