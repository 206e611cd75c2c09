import type { Ports } from "../context.ts";
import { notFound, TidewireError } from "../kernel/errors.ts";
import type { StoredItem } from "../model/poller.ts";
import { type Detection, detectRemoval, dismissal } from "./detect.ts";
import { type Subject, subjectOf } from "./subject.ts";
import { Superseded, SweepRun } from "./sweep-run.ts";

/** Items in one transaction. */
const CHUNK = 500;
/** A sweep commits often while it runs: a chunk is tried again this many times. */
const TRIES = 20;

/** Tells the removals that a guard holds back, all of them: a person's word is the proof. */
export function releaseHeld(ports: Ports, pollerId: string): Promise<void> {
  return settleHeld(ports, pollerId, (item, { compiled }) => detectRemoval(item, compiled.rules, false));
}

/** Lets the held removals go untold: the items are known no more, and nothing is told when they come back. */
export function dismissHeld(ports: Ports, pollerId: string): Promise<void> {
  return settleHeld(ports, pollerId, dismissal);
}

/** Settles what is held, a chunk in each transaction; a sweep under way finds that the poller moved on, and ends. */
async function settleHeld(
  ports: Ports,
  pollerId: string,
  settle: (item: StoredItem, subject: Subject) => Detection,
): Promise<void> {
  let tries = 0;
  for (;;) {
    const poller = await ports.store.pollers.get(pollerId);
    const subject = poller && (await subjectOf(ports, poller));
    if (!poller || !subject) throw notFound("poller in the manifest", pollerId);
    const held = await ports.store.pollers.heldItems(pollerId, CHUNK);
    if (held.length === 0) return;
    const settled = held.map((item) => settle(item, subject));
    try {
      await new SweepRun(ports, subject, poller).commit({
        changes: settled.flatMap(({ changes }) => changes),
        told: settled.flatMap(({ told }) => told),
      });
      tries = 0;
    } catch (error) {
      if (!(error instanceof Superseded)) throw error;
      if (++tries === TRIES) throw new TidewireError("conflict", "The poller is busy; try again in a moment.");
    }
  }
}
