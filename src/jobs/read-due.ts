import type { Queue } from "../model/job.ts";
import type { Group } from "./group.ts";
import type { EnginePorts } from "./runs.ts";

/**
 * Reads up to `room` due jobs of a group that are not under way, and what became of those that are. Gives when the next one falls
 * due, ms since the epoch; null when none will, or when there are more of now.
 */
export async function readDue(
  { store, clock }: Pick<EnginePorts, "store" | "clock">,
  queue: Queue,
  group: Group,
  room: number,
): Promise<number | null> {
  const now = clock.now();
  // Taken before the read: what ends while it is under way may still be in what it gives.
  const held = new Map([...group.inFlight].map(([jobId, { lease }]) => [jobId, lease.fence]));
  const limit = held.size + room;
  group.more = false;
  const due = await store.due(queue, group.name, now, limit);
  group.ready = due.filter(({ jobId, fence }) => held.get(jobId) !== fence && group.inFlight.get(jobId) === undefined);
  for (const { jobId, fence } of due) {
    group.newest = Math.max(group.newest, jobId);
    const run = group.inFlight.get(jobId);
    if (run && run.lease.fence !== fence) run.isDueAgain = true;
  }
  if (due.length === limit) group.more = true;
  return group.more ? null : await store.nextDue(queue, group.name, now);
}
