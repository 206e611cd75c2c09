import type { Ports } from "../../context.ts";
import { isFinished } from "../../model/async-run.ts";
import type { RunStore } from "../../store/contract.ts";

/** Who waits for which run. */
type Waiters = Map<string, Set<() => void>>;

const waitersBy = new WeakMap<RunStore, Waiters>();

/** Resolves when the run finishes, when `ms` are over, or when the caller goes away. */
export function untilFinished(
  { store: { runs }, clock }: Pick<Ports, "store" | "clock">,
  id: string,
  ms: number,
  signal: AbortSignal,
): Promise<void> {
  const waiters = waitersOf(runs);
  return new Promise((resolve) => {
    const end = () => {
      cancelTimer();
      signal.removeEventListener("abort", end);
      leave(waiters, id, end);
      resolve();
    };
    const cancelTimer = clock.after(ms, end);
    signal.addEventListener("abort", end, { once: true });
    waiters.set(id, (waiters.get(id) ?? new Set()).add(end));
    // It may have finished before anybody listened.
    void runs.get(id).then((run) => (run === null || isFinished(run) ? end() : undefined), end);
  });
}

function waitersOf(runs: RunStore): Waiters {
  const known = waitersBy.get(runs);
  if (known) return known;
  const waiters: Waiters = new Map();
  waitersBy.set(runs, waiters);
  runs.onFinished((id) => waiters.get(id)?.forEach((end) => end()));
  return waiters;
}

function leave(waiters: Waiters, id: string, end: () => void): void {
  const others = waiters.get(id);
  others?.delete(end);
  if (others?.size === 0) waiters.delete(id);
}
