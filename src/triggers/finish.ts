import { operationalEvent } from "../events/operational.ts";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import type { NewEvent } from "../model/event.ts";
import type { StoredPoller, Sweep } from "../model/poller.ts";
import type { Detection } from "./detect.ts";
import { refusedKey } from "./refused.ts";
import { nextRun, nextRunAfterFailure, nextRunOf } from "./schedule.ts";
import type { SweepRun } from "./sweep-run.ts";
import { isWatched } from "./watched.ts";

/** How a listing ended. Only a complete one proves absences and moves marks. */
export type Listing =
  | { complete: true }
  | { complete: false; reason: string }
  /** In `head` mode: everything beyond is known and finished. */
  | { complete: false; stoppedAtHead: true }
  | { complete: false; error: unknown };

/** Failures in a row after which the poller is said to be failing. */
const FAILING_AFTER = 5;
const CREDENTIAL_REFUSED: readonly (number | null)[] = [401, 403];

/** The last commit of a sweep: what was proved gone, the marks, when it is due next, and the line of its history. */
export async function finish(run: SweepRun, listing: Listing, removals: Detection): Promise<Sweep> {
  const line = historyLine(run, listing.complete, reasonOf(listing), removals.told.length);
  const failed = "error" in listing;
  if (failed && !(listing.error instanceof TidewireError)) {
    run.ports.log.error({ poller: run.poller.id, err: listing.error }, "a sweep failed for a reason of our own");
  }
  const patch = failed ? failurePatch(run, listing.error) : await successPatch(run, listing);
  const before = run.poller;
  if (listing.complete) await run.pages.dropUnvisited();
  await run.commit({ ...removals, patch, operational: failed ? await alarms(run, patch) : [], sweep: line });
  logSweep(run, line);
  logTurn(run, before, patch);
  return line;
}

/** One wide line for each sweep. */
function logSweep({ ports, subject, poller }: SweepRun, line: Sweep): void {
  const { id: sweep, pollerId, startedAt: _, durationMs: ms, error, ...counts } = line;
  const about = { sweep, poller: pollerId, connector: poller.connector, connection: subject.connection.name };
  ports.log.info({ ...about, resource: poller.resource, ms, ...counts, error: error ?? undefined }, "swept");
}

/** The line of a sweep's history, as far as it came; `unsaid` events are about to be committed with it. */
export function historyLine(run: SweepRun, complete: boolean, error: string | null, unsaid = 0): Sweep {
  const { ports, poller, startedAt, seen, tally } = run;
  const { pages, added, changed, removed } = tally;
  return {
    id: ports.newId("swp"),
    pollerId: poller.id,
    startedAt,
    durationMs: ports.clock.now() - startedAt,
    complete,
    pages,
    items: seen.size,
    added,
    changed,
    removed,
    held: poller.held,
    events: tally.events + unsaid,
    error,
  };
}

function reasonOf(listing: Listing): string | null {
  if ("reason" in listing) return listing.reason;
  return "error" in listing ? messageOf(listing.error) : null;
}

/** An incomplete listing moves no mark; one that was read to its end, or to what is known, is a success. */
async function successPatch(run: SweepRun, listing: Listing): Promise<Partial<StoredPoller>> {
  const { ports, poller, subject, startedAt, tally } = run;
  const now = ports.clock.now();
  // What has no baseline yet is about to be wanted.
  const watched = poller.baselinedAt === null || (await isWatched(ports, subject));
  return {
    lastStartedAt: startedAt,
    lastError: reasonOf(listing),
    consecutiveFailures: 0,
    ...nextRunOf(subject.poller.schedule, poller.id, { isOpen: tally.open > 0, isWatched: watched }, now),
    ...(poller.state === "needs_reauth" ? { state: "active" } : {}),
    ...("reason" in listing ? {} : { lastSuccessAt: now }),
    ...(listing.complete
      ? {
          lastCompleteAt: now,
          baselinedAt: poller.baselinedAt ?? now,
          pagesPrint: subject.compiled.pagesPrint,
        }
      : {}),
  };
}

/** State and items stay as they are; it is tried again, later with each failure. */
function failurePatch({ ports, poller, subject, startedAt }: SweepRun, error: unknown): Partial<StoredPoller> {
  const now = ports.clock.now();
  const failures = poller.consecutiveFailures + 1;
  const known = error instanceof TidewireError ? error : null;
  // One that needs_reauth has marked its pollers, and told it, already.
  const refused = known?.code !== "needs_reauth" && CREDENTIAL_REFUSED.includes(known?.upstream?.status ?? null);
  const regular = nextRun(subject.poller.schedule, poller.id, now);
  return {
    lastStartedAt: startedAt,
    lastError: messageOf(error),
    consecutiveFailures: failures,
    ...nextRunAfterFailure(regular, failures, known?.retryAfterMs ?? 0, now),
    ...(refused && poller.state === "active" ? { state: "needs_reauth" } : {}),
  };
}

/** A warning when a poller begins to fail, and a word when it is well again: not for each failure between. */
function logTurn({ ports, subject }: SweepRun, before: StoredPoller, patch: Partial<StoredPoller>): void {
  const about = { connection: subject.connection.name, poller: `${before.resource}/${before.name}` };
  const wasWell = before.consecutiveFailures === 0;
  if (patch.consecutiveFailures === 0) {
    if (!wasWell) ports.log.info(about, "a poller is well again");
    return;
  }
  if (wasWell || patch.state === "needs_reauth") {
    const state = patch.state ?? before.state;
    ports.log.warn({ ...about, state, error: patch.lastError }, "a poller fails; it is tried again, later each time");
  }
}

/** Each is told once, at the failure that makes it so. */
async function alarms({ ports, poller, subject }: SweepRun, patch: Partial<StoredPoller>): Promise<NewEvent[]> {
  const { id, name } = subject.connection;
  const connection = { id, name };
  const error = patch.lastError ?? "";
  const told: NewEvent[] = [];
  if (patch.state === "needs_reauth") {
    const data = { connection: id, poller: poller.id, error };
    const about = { key: await refusedKey(ports, subject), connection };
    told.push(operationalEvent(ports, "tidewire.connection.needs_reauth", data, about));
  }
  if (patch.consecutiveFailures === FAILING_AFTER) {
    const data = {
      poller: poller.id,
      resource: poller.resource,
      name: poller.name,
      consecutive_failures: FAILING_AFTER,
      error,
    };
    const about = { key: `${poller.id}:${poller.generation}:${poller.version}`, connection };
    told.push(operationalEvent(ports, "tidewire.poller.failing", data, about));
  }
  return told;
}
