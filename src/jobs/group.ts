import { BusyMap } from "../kernel/busy-map.ts";
import type { Canceller } from "../kernel/canceller.ts";
import type { Chain, Link } from "../kernel/chain.ts";
import type { Lease } from "../model/job.ts";

/** Jobs that were asked for which a group keeps in memory. */
const MOST_ASKED = 10_000;

/** A job being done. */
export interface Run {
  lease: Lease;
  group: Group;
  cancel: Canceller;
  /** What of the worker's runs it was counted to; null = nothing that others share. */
  share: string | null;
  /** ms since the epoch. */
  expiresAt: number;
  /** True once a commit ended the job or made it due again. */
  isEnded: boolean;
  /** True when its commit made the job due again and that is now: its group has work once it returns. */
  isDueAgain: boolean;
  /** Resolves when the worker is done with it, however that went. */
  done: Promise<void>;
}

/** One group of a queue, as the engine sees it: a small batch of its due jobs in memory, however many are pending. */
export interface Group extends Link<Group> {
  readonly name: string;
  /** Due jobs, read but not begun, the first one first. */
  ready: Lease[];
  /** Jobs that a person asked for, which go before those, by job id in the order they came; made for the first. */
  asked: BusyMap<number, Lease> | null;
  /** Its runs by job id. */
  readonly inFlight: BusyMap<number, Run>;
  /** The highest id of a job that was read or handed over: a new job that is beyond it is not here yet. */
  newest: number;
  /** True when the store may have due jobs that were not read. */
  more: boolean;
  /** What is awaited of it: what decides its limit, or its due jobs. */
  loading: "limit" | "jobs" | null;
  /** True once the worker knows what decides its limit. */
  isMet: boolean;
  /** When to look at it again: a job falls due or a hold ends. Infinity = when told. ms since the epoch. */
  wakeAt: number;
  /** Nothing is run before, because the store itself failed. ms since the epoch. */
  pausedUntil: number;
  /** Crashes in a row, by job id; made for the first. */
  crashes: Map<number, number> | null;
  /** Where it waits for its turn; null when it does not. */
  waitsIn: Share | null;
}

/** What groups have in common, such as the host that they call. It is in a chain of its like while one of its groups waits. */
export interface Share extends Link<Share> {
  /** Null for the groups that share nothing. */
  readonly name: string | null;
  /** Runs of its groups that are under way. */
  running: number;
  /** Its groups that wait for their turn, the one that waits longest first. */
  readonly waiting: Chain<Group>;
}

export function newGroup(name: string): Group {
  return {
    name,
    ready: [],
    asked: null,
    inFlight: new BusyMap(),
    newest: 0,
    more: false,
    loading: null,
    isMet: false,
    wakeAt: Number.POSITIVE_INFINITY,
    pausedUntil: 0,
    crashes: null,
    waitsIn: null,
    chain: null,
    before: null,
    after: null,
  };
}

/** Puts a new job behind those that are ready, if all before it are known and there is room: it is then not read. True when it did. */
export function takeNext(group: Group, lease: Lease, room: number): boolean {
  if (group.more || group.loading === "jobs" || lease.jobId <= group.newest || group.ready.length >= room) return false;
  group.newest = lease.jobId;
  group.ready.push(lease);
  return true;
}

/**
 * Puts a job that was asked for before all others, behind those that were asked for. A run of it that is under way already is what
 * was meant; nothing is put then, nor beyond ten thousand: it is read like any other.
 */
export function takeFirst(group: Group, lease: Lease): void {
  const { inFlight, asked } = group;
  const waiting = asked?.get(lease.jobId);
  const known = inFlight.get(lease.jobId)?.lease ?? waiting;
  if (known !== undefined && known.fence >= lease.fence) return;
  if (waiting === undefined && asked !== null && asked.size >= MOST_ASKED) return;
  group.asked ??= new BusyMap();
  group.asked.set(lease.jobId, lease);
}

/** The job that was asked for and may begin now: not one whose last run is still under way. */
export function nextAsked({ asked, inFlight }: Group): Lease | undefined {
  if (asked === null) return undefined;
  for (const lease of asked.values()) if (inFlight.get(lease.jobId) === undefined) return lease;
  return undefined;
}

/** Takes out the job to begin: one that was asked for, or the first that is ready. */
export function takeOut(group: Group): Lease | undefined {
  const first = nextAsked(group);
  if (first === undefined) return group.ready.shift();
  group.asked?.delete(first.jobId);
  if (group.asked?.size === 0) group.asked = null;
  group.ready = group.ready.filter(({ jobId }) => jobId !== first.jobId);
  return first;
}

export function hasWork(group: Group): boolean {
  return group.ready.length > 0 || group.more || group.asked !== null;
}

/** True when nothing of it needs to be remembered. */
export function isIdle(group: Group): boolean {
  return (
    !hasWork(group) && group.loading === null && group.inFlight.size === 0 && group.wakeAt === Number.POSITIVE_INFINITY
  );
}
