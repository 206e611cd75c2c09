import { type Clock, sleep } from "../kernel/clock.ts";
import type { TidewireError } from "../kernel/errors.ts";
import type { Log } from "../kernel/log.ts";
import type { Store } from "./contract.ts";
import { isPassing } from "./trouble.ts";

/** Often enough that the outcome is written before its job's lease could be taken away. */
const RETRY_MS = 500;

/**
 * The store with patience for outcomes: what was done outside cannot be undone, so while the database cannot be written
 * its outcome is held, together with the worker's place or the caller's answer, and written once it can. Without that a webhook
 * would be sent, or a paid call made, again and again for as long as the disk is full. All other writes fail at once, for their
 * callers to hear of. `close` tries what is held once more, and gives it up then.
 */
export function patient(store: Store, { clock, log }: { clock: Clock; log: Log }): Store {
  const held = new Set<Promise<unknown>>();
  let why: TidewireError | null = null;
  const closing = new AbortController();

  async function untilWritten<T>(write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (held.size === 0) log.error({ code: error.code, err: error }, "outcomes are held until they can be written");
      why = error;
      const written = again(write);
      held.add(written);
      return await written.finally(() => {
        held.delete(written);
        if (held.size > 0) return;
        why = null;
        log.info("no outcome is held any more");
      });
    }
  }

  async function again<T>(write: () => Promise<T>): Promise<T> {
    for (;;) {
      const isLast = await sleep(clock, RETRY_MS, closing.signal).then(
        () => false,
        () => true,
      );
      try {
        return await write();
      } catch (error) {
        if (isLast)
          log.error({ err: error }, "an outcome could not be written before the database was closed: it is lost");
        if (isLast || !isPassing(error)) throw error;
      }
    }
  }

  return {
    ...store,
    vitals: { ...store.vitals, holding: () => why },
    commitAttempt: (commit) => untilWritten(() => store.commitAttempt(commit)),
    commitRun: (commit) => untilWritten(() => store.commitRun(commit)),
    commitEvents: (commit) => {
      const write = () => store.commitEvents(commit);
      return commit.isOutcome ? untilWritten(write) : write();
    },
    async close() {
      closing.abort();
      await Promise.allSettled(held);
      await store.close();
    },
  };
}
