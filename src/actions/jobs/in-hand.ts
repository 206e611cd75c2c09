import type { Cancellation } from "../../kernel/canceller.ts";
import { type TidewireError } from "../../kernel/errors.ts";
import { problemOf } from "../../kernel/problem.ts";
import type { StoredRun } from "../../model/async-run.ts";
import type { Lease } from "../../model/job.ts";
import type { RunCommit, ToldEvent } from "../../store/acts.ts";
import type { ActionPorts } from "../run.ts";

/** A run in the hands of a worker. */
export interface RunInHand {
  ports: ActionPorts;
  run: StoredRun;
  lease: Lease;
  /** Aborted when the product stops or the lease runs out. */
  signal: Cancellation;
}

type Patch = RunCommit["patch"];

/**
 * Writes down that a call is about to be made, so that whoever takes the run over knows. Gives the run as it is then; null
 * when another was first, and the call must not be made.
 */
export async function begin(hand: RunInHand, underWay: "call" | "cancel"): Promise<RunInHand | null> {
  const { ports, run } = hand;
  const patch = { state: "running", underWay, updatedAt: ports.clock.now() } as const;
  const result = await ports.store.commitRun({ id: run.id, expectVersion: run.version, patch, told: [] });
  return result === "stale" ? null : { ...hand, run: { ...run, ...patch, version: run.version + 1 } };
}

/** Stores what a step came to; the run is due again at `next` (ms since the epoch). */
export async function goOn(hand: RunInHand, patch: Patch, next: number, told: ToldEvent[] = []): Promise<void> {
  // A wish to cancel that came meanwhile is not kept waiting.
  const asked = (await hand.ports.store.runs.get(hand.run.id))?.cancel === "asked" && hand.run.cancel === null;
  await commit(hand, { underWay: null, ...patch }, asked ? hand.ports.clock.now() : next, told);
}

/** Ends the run. */
export async function finish(
  hand: RunInHand,
  state: "succeeded" | "failed" | "cancelled",
  patch: Patch,
  told: ToldEvent[] = [],
): Promise<void> {
  const finishedAt = hand.ports.clock.now();
  await commit(hand, { ...patch, state, underWay: null, sealedRequest: null, finishedAt }, null, told);
}

export async function fail(hand: RunInHand, error: TidewireError, patch: Patch = {}): Promise<void> {
  const { ports, run } = hand;
  if (error.code === "internal") ports.log.error({ run: run.id, err: error.cause }, "an asynchronous run failed");
  await finish(hand, "failed", { ...patch, error: problemOf(error) });
}

async function commit(hand: RunInHand, patch: Patch, next: number | null, told: ToldEvent[]): Promise<void> {
  const { ports, run, lease } = hand;
  const result = await ports.store.commitRun({
    id: run.id,
    expectVersion: run.version,
    patch: { ...patch, updatedAt: ports.clock.now() },
    job: { lease, next },
    told,
  });
  ports.log.debug(
    { run: run.id, operation: run.operation, state: patch.state ?? run.state, next, result },
    "run went on",
  );
}
