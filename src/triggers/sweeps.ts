import { notFound, TidewireError } from "../kernel/errors.ts";
import type { NextRun, StoredPoller, Sweep } from "../model/poller.ts";
import type { Store } from "../store/contract.ts";
import { sweep } from "./poll.ts";
import { ROOM, roomAgainAt, roomFor } from "./room.ts";
import { subjectOf } from "./subject.ts";
import type { SweepPorts } from "./sweep-run.ts";

/** When a poller that the manifest no longer has, or whose optional credential is gone, is looked at again. */
const GONE_MS = 60 * 60_000;

interface Running {
  /** Null when there is nothing that it would be about. */
  done: Promise<Sweep | null>;
  stop: AbortController;
  /** Where its requests go; null for one that a person asked for, which takes nobody's turn. */
  host: string | null;
  /** True while it waits for its provider's limit, and asks nothing. */
  isResting: boolean;
}

/** When a sweep may begin. */
interface Turn {
  wanted: (poller: StoredPoller) => boolean;
  host: string | null;
}

/** The sweeps under way in this process. Against other processes the version of a poller guards it. */
const runningIn = new WeakMap<Store, Map<string, Running>>();

/** By poller id. */
export function runningOf(store: Store): Map<string, Running> {
  const running = runningIn.get(store) ?? new Map<string, Running>();
  runningIn.set(store, running);
  return running;
}

/** Sweeps a poller now, whatever its state. Throws `sweep_running` and, when the manifest no longer has it, `not_found`. */
export async function sweepNow(ports: SweepPorts, pollerId: string): Promise<Sweep> {
  if (runningOf(ports.store).has(pollerId)) {
    throw new TidewireError("sweep_running", "This poller is being swept; try again when that is done.");
  }
  const done = await startSweep(ports, pollerId, { wanted: () => true, host: null });
  if (!done) throw notFound("poller in the manifest", pollerId);
  return done;
}

/** Resolves when no sweep is under way. */
export async function sweepsDone({ store }: Pick<SweepPorts, "store">): Promise<void> {
  const running = runningOf(store);
  while (running.size > 0) await Promise.allSettled([...running.values()].map(({ done }) => done));
}

/** Stops the sweeps under way and waits for them: what each had committed stays, and the next one goes on from there. */
export async function stopSweeps(ports: Pick<SweepPorts, "store">): Promise<void> {
  for (const { stop } of runningOf(ports.store).values()) stop.abort(new Error("the process stops"));
  await sweepsDone(ports);
}

/** Sweeps a poller if it is still wanted then. Takes it at once, so that no second sweep can begin while the first one reads what it needs. */
export function startSweep(ports: SweepPorts, pollerId: string, { wanted, host }: Turn): Promise<Sweep | null> {
  const running = runningOf(ports.store);
  const stop = new AbortController();
  const one: Running = { done: Promise.resolve(null), stop, host, isResting: false };
  running.set(pollerId, one);
  one.done = run(ports, pollerId, wanted, one).finally(() => running.delete(pollerId));
  return one.done;
}

async function run(ports: SweepPorts, pollerId: string, wanted: Turn["wanted"], one: Running): Promise<Sweep | null> {
  const poller = await ports.store.pollers.get(pollerId);
  if (!poller || !wanted(poller)) return null;
  const subject = await subjectOf(ports, poller);
  const { signal } = one.stop;
  if (!subject) return putOff(ports, pollerId, { nextRunAt: ports.clock.now() + GONE_MS, cadence: "undeclared" });
  if (one.host === null) return sweep(ports, subject, poller, { signal, hasRoom: ROOM });
  const until = roomAgainAt(ports, subject);
  if (until !== null) return putOff(ports, pollerId, { nextRunAt: until, cadence: "rate_limited" });
  const rests = (isResting: boolean) => void (one.isResting = isResting);
  return sweep(ports, subject, poller, { signal, hasRoom: roomFor(ports, subject, signal, rests) });
}

/** Leaves a poller as it is, but not so that it is found due again at every tick. */
async function putOff({ store }: SweepPorts, pollerId: string, nextRun: NextRun): Promise<null> {
  await store.pollers.update(pollerId, nextRun);
  return null;
}
