import { BusyMap } from "../kernel/busy-map.ts";
import type { Canceller } from "../kernel/canceller.ts";
import type { Chain, Link } from "../kernel/chain.ts";
import type { Lease } from "../model/job.ts";

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
  /** Jobs that a person asked for, which go before those; made for the first. */
  asked: Lease[] | null;
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

/** Puts a job that was asked for before all others. A run of it that is under way already is what was meant; nothing is put then. */
export function takeFirst(group: Group, lease: Lease): void {
  const known = group.inFlight.get(lease.jobId)?.lease ?? group.asked?.find(({ jobId }) => jobId === lease.jobId);
  if (known !== undefined && known.fence >= lease.fence) return;
  group.asked = [...(group.asked ?? []).filter(({ jobId }) => jobId !== lease.jobId), lease];
}

/** The job that was asked for and may begin now: not one whose last run is still under way. */
export function nextAsked({ asked, inFlight }: Group): Lease | undefined {
  return asked?.find(({ jobId }) => inFlight.get(jobId) === undefined);
}

/** Takes out the job to begin: one that was asked for, or the first that is ready. */
export function takeOut(group: Group): Lease | undefined {
  const first = nextAsked(group);
  if (first === undefined) return group.ready.shift();
  const others = (group.asked ?? []).filter((lease) => lease !== first);
  group.asked = others.length > 0 ? others : null;
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
