import { type Clock, sleep } from "../kernel/clock.ts";
import type { Log } from "../kernel/log.ts";
import type { Store } from "./contract.ts";
import { isPassing } from "./trouble.ts";

/** Often enough that the outcome is written before its job's lease could be taken away. */
const RETRY_MS = 500;

/**
 * The store with patience for outcomes: what a worker did outside cannot be undone, so while the database cannot be written
 * its outcome is held, together with the worker's place, and written once it can. Without that a webhook would be sent
 * again, and again, for as long as the disk is full. All other writes fail at once, for their callers to hear of.
 */
export function patient(store: Store, { clock, log }: { clock: Clock; log: Log }): Store {
  let held = 0;

  async function untilWritten<T>(write: () => Promise<T>): Promise<T> {
    let isHeld = false;
    try {
      for (;;) {
        try {
          return await write();
        } catch (error) {
          if (!isPassing(error)) throw error;
          if (!isHeld && held++ === 0)
            log.error({ code: error.code, err: error }, "outcomes are held until they can be written");
          isHeld = true;
          await sleep(clock, RETRY_MS);
        }
      }
    } finally {
      if (isHeld && --held === 0) log.info("no outcome is held any more");
    }
  }

  return {
    ...store,
    commitAttempt: (commit) => untilWritten(() => store.commitAttempt(commit)),
    commitRun: (commit) => untilWritten(() => store.commitRun(commit)),
  };
}
