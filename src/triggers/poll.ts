import { openAccount } from "../connections/resolve.ts";
import type { ListEnd, ListPage } from "../engine/call.ts";
import { keyPrint } from "../manifest/triggers.ts";
import type { Account } from "../model/connection.ts";
import type { StoredPoller, Sweep } from "../model/poller.ts";
import type { Detection } from "./detect.ts";
import { finish, historyLine, type Listing } from "./finish.ts";
import { isFullSweep, pageEndsHead, rereadOpen } from "./head.ts";
import { noteAbsences, proveRemovals } from "./losses.ts";
import { openListing } from "./open-listing.ts";
import { takePage } from "./page.ts";
import { type HasRoom, NoRoom } from "./room.ts";
import type { Subject } from "./subject.ts";
import { Superseded, type SweepPorts, SweepRun } from "./sweep-run.ts";

/** How long what is found on one page may wait for what is on the next, in ms. */
const SOON_MS = 20;
const NOTHING: Detection = { changes: [], told: [] };

/**
 * One sweep of a poller: every page is compared as it comes, and what changed is committed soon; only a listing that was read to
 * its end proves absences; the last commit moves the marks. What fails upstream is an outcome, kept with the poller and told in `error`; a
 * sweep that is stopped, or whose poller moved on meanwhile, leaves what it had committed and nothing else.
 */
export async function sweep(
  ports: SweepPorts,
  subject: Subject,
  stored: StoredPoller,
  { signal, hasRoom }: { signal: AbortSignal; hasRoom: HasRoom },
): Promise<Sweep> {
  const run = new SweepRun(ports, subject, stored, hasRoom);
  try {
    await rebaselineIfKeyChanged(run);
    const { listing, removals } = await look(run, signal);
    if (signal.aborted) return historyLine(run, false, "the sweep was stopped");
    return await finish(run, listing, removals);
  } catch (error) {
    if (error instanceof Superseded) return historyLine(run, false, "the poller was changed meanwhile");
    throw error;
  }
}

/** Another key means other items: what was known is dropped, and the sweep is a new baseline. */
async function rebaselineIfKeyChanged(run: SweepRun): Promise<void> {
  const print = keyPrint(run.subject.poller);
  const { poller } = run;
  if (poller.keyPrint === print) return;
  run.ports.log.warn({ poller: poller.id, resource: poller.resource, from: poller.keyPrint, to: print }, "key changed");
  await run.commit({
    clearItems: true,
    patch: {
      keyPrint: print,
      pagesPrint: null,
      generation: poller.generation + 1,
      baselinedAt: null,
      items: 0,
      held: 0,
    },
  });
  run.known = 0;
}

async function look(run: SweepRun, signal: AbortSignal): Promise<{ listing: Listing; removals: Detection }> {
  let account: Account;
  try {
    account = await openAccount(run.ports, run.subject.connection);
  } catch (error) {
    return { listing: { complete: false, error }, removals: NOTHING };
  }
  const listing = await readListing(run, account, signal);
  await run.flush();
  if ("stoppedAtHead" in listing) await rereadOpen(run, account, signal);
  if (!listing.complete) return { listing, removals: NOTHING };
  const suspects = await noteAbsences(run);
  return { listing, removals: await proveRemovals(run, suspects, account, signal) };
}

async function readListing(run: SweepRun, account: Account, signal: AbortSignal): Promise<Listing> {
  const isFull = isFullSweep(run);
  const pages = openListing(run, account, signal);
  let goOn: string | null = null;
  for (;;) {
    const next = await storingMeanwhile(run, attempt(pages.next(goOn)));
    if ("error" in next) return broken(next.error);
    if (next.value.done) return ended(run, next.value.value);
    const taken = await takePage(run, next.value.value);
    if (!isFull && taken.findings && pageEndsHead(taken.findings)) return { complete: false, stoppedAtHead: true };
    goOn = taken.goOn;
  }
}

/** No room is nobody's failure. */
function broken(error: unknown): Listing {
  return error instanceof NoRoom ? { complete: false, reason: error.message } : { complete: false, error };
}

/** How the listing ended, less what its records lacked. */
function ended({ tally }: SweepRun, end: ListEnd): Listing {
  if (!end.complete) return { complete: false, reason: `the listing is incomplete: ${end.reason}` };
  if (tally.keyless === 0) return { complete: true };
  return { complete: false, reason: `${tally.keyless} of ${tally.listed} records have no key` };
}

/** What comes, and never fails to. While it lets wait for itself, what was found before is stored. */
async function storingMeanwhile<T>(run: SweepRun, coming: Promise<T>): Promise<T> {
  if (run.unstored.size === 0) return coming;
  const { promise: isLate, resolve } = Promise.withResolvers<true>();
  const cancel = run.ports.clock.after(SOON_MS, () => resolve(true));
  try {
    if (await Promise.race([coming.then(() => false), isLate])) await run.flush();
  } finally {
    cancel();
    await coming;
  }
  return coming;
}

/** Failures of the provider are outcomes; those of our own commits are not, so only the step itself is guarded. */
async function attempt(
  step: Promise<IteratorResult<ListPage, ListEnd>>,
): Promise<{ value: IteratorResult<ListPage, ListEnd> } | { error: unknown }> {
  try {
    return { value: await step };
  } catch (error) {
    return { error };
  }
}
