import type { StoredItem } from "../model/poller.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Rows in one read, and in the transaction that marks them. */
const CHUNK = 500;

/**
 * The known items that a sweep did not meet, with their rows, in chunks. How many there are is known, so it ends with the last
 * of them; what lies between runs of numbers that were met is all that it looks at.
 */
export async function* unseenItems({ ports, poller, seen }: SweepRun): AsyncGenerator<StoredItem[]> {
  const { pollers } = ports.store;
  let missing = poller.items - seen.size;
  let after = seen.endOfRun(0);
  while (missing > 0) {
    const numbers = await pollers.itemNumbers(poller.id, after, CHUNK);
    const last = numbers.at(-1);
    if (last === undefined) return;
    const unseen = numbers.filter((n) => !seen.has(n));
    missing -= unseen.length;
    if (unseen.length > 0) yield await pollers.numbered(unseen);
    after = seen.endOfRun(last);
  }
}
