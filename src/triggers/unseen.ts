import type { StoredItem } from "../model/poller.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Items in one chunk, and in the transaction that marks them. */
const CHUNK = 500;

/**
 * The known items that a sweep did not meet, with their rows, in chunks. How many there are is known, so it ends with the last
 * of them; what lies between runs of numbers that were met is all that it looks at.
 */
export async function* unseenItems({ ports, poller, seen }: SweepRun): AsyncGenerator<StoredItem[]> {
  const { pollers } = ports.store;
  let missing = poller.items - seen.size;
  let after = seen.endOfRun(0);
  const unseen: number[] = [];
  // One that is missing stands alone more often than not, with a long run behind it that need not be read.
  for (let limit = missing; missing > 0; ) {
    const numbers = await pollers.itemNumbers(poller.id, after, Math.min(limit, CHUNK - unseen.length));
    const last = numbers.at(-1);
    if (last === undefined) break;
    const found = numbers.filter((n) => !seen.has(n));
    missing -= found.length;
    limit = found.length > 0 ? missing : 2 * limit;
    unseen.push(...found);
    if (unseen.length === CHUNK) yield await pollers.numbered(unseen.splice(0));
    after = seen.endOfRun(last);
  }
  if (unseen.length > 0) yield await pollers.numbered(unseen);
}
