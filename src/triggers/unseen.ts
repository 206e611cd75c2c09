import type { StoredItem } from "../model/poller.ts";
import type { SweepRun } from "./sweep-run.ts";

/** Rows in one read, and in the transaction that marks them. */
const CHUNK = 500;

/** The known items that a sweep did not meet, with their rows, in chunks. */
export async function* unseenItems({ ports, poller, seen }: SweepRun): AsyncGenerator<StoredItem[]> {
  const { pollers } = ports.store;
  let after = 0;
  for (;;) {
    const numbers = await pollers.itemNumbers(poller.id, after, CHUNK);
    const keys = numbers.filter(({ n }) => !seen.has(n)).map(({ key }) => key);
    if (keys.length > 0) yield await pollers.items(poller.id, keys);
    const last = numbers.at(-1);
    if (!last || numbers.length < CHUNK) return;
    after = last.n;
  }
}
