import { setTimeout as rest } from "node:timers/promises";

/** How often something is told in small lots, as pages of a poll come. */
const EVERY_MS = 10;

/** Tells `perSecond` things a second for some seconds, a lot each 10 ms; a lot that is late does not put off the others. */
export async function atRate(
  { perSecond, seconds }: { perSecond: number; seconds: number },
  tell: (count: number) => Promise<void>,
): Promise<void> {
  const startedAt = performance.now();
  const lots = Math.round((seconds * 1_000) / EVERY_MS);
  let told = 0;
  for (let lot = 1; lot <= lots; lot++) {
    await rest(Math.max(0, startedAt + lot * EVERY_MS - performance.now()));
    const due = Math.floor((perSecond * lot * EVERY_MS) / 1_000);
    await tell(due - told);
    told = due;
  }
}
