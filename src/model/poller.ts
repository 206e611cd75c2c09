import type { Json } from "../kernel/json.ts";

export type PollerState = "active" | "paused" | "needs_reauth";

/**
 * Why a poller's next run is when it is. `regular`: the manifest's beat, or it is due at once. `while_open`: sooner, because an
 * item may soon change. `unwatched`: slower, because nobody wants its events. `backing_off`: later, after failures.
 * `rate_limited`: put off, to leave what the provider's limit still allows to callers. `undeclared`: the manifest has it no more,
 * and it is only looked for.
 */
export type Cadence = (typeof CADENCES)[number];
export const CADENCES = ["regular", "while_open", "unwatched", "backing_off", "rate_limited", "undeclared"] as const;

/** When a poller runs next (ms since the epoch), and why then. */
export type NextRun = Pick<StoredPoller, "nextRunAt" | "cadence">;

/** The stored state of one (connection, resource, poller). Times are ms since the epoch. */
export interface StoredPoller {
  id: string;
  connectionId: string;
  connector: string;
  resource: string;
  name: string;
  state: PollerState;
  /** Compare-and-set guard: every commit of a sweep moves it on by one. */
  version: number;
  /** Moves on at a reset or a changed key, so that old dedupe keys do not swallow new events. */
  generation: number;
  /** The manifest's `key` selector as JSON when last swept: another one re-baselines. */
  keyPrint: string;
  /** What the stored pages were read by (`manifest/triggers`); null while they may not tell what the items are. */
  pagesPrint: string | null;
  /** Items known and not removed. */
  items: number;
  /** Removals held back by a guard. */
  held: number;
  baselinedAt: number | null;
  lastStartedAt: number | null;
  lastSuccessAt: number | null;
  lastCompleteAt: number | null;
  consecutiveFailures: number;
  lastError: string | null;
  nextRunAt: number;
  /** Always set together with `nextRunAt`. */
  cadence: Cadence;
  createdAt: number;
}

/** Due at once. */
export function dueNow(now: number): NextRun {
  return { nextRunAt: now, cadence: "regular" };
}

/** A poller whose time has come. */
export type DuePoller = Pick<StoredPoller, "id" | "connector" | "connectionId">;

/** One item of a listing as last seen. */
export interface StoredItem {
  /** The row's number: small, dense, and what a sweep marks as seen. */
  n: number;
  key: string;
  fingerprint: string;
  /** The last known record: what a `deleted` event carries and `previous` is made of. */
  record: Json;
  /** Per event type: whether its predicate held when last seen, and how often the event was told. */
  states: Record<string, ItemEventState>;
  /** Complete sweeps in a row that did not list it. */
  absent: number;
  /**
   * `removed` is kept so that a return is told as a new occurrence; `dismissed` is gone too, but nothing was told of it (no event
   * is for removals, or a person would have none told), so that a return is told as little.
   */
  status: "present" | "suspect" | "held" | "removed" | "dismissed";
}

/** True for an item that is no longer counted among the known ones. */
export function isGone({ status }: Pick<StoredItem, "status">): boolean {
  return status === "removed" || status === "dismissed";
}

/** What a sweep compares an item by; a row of which little is read. */
export type KnownItem = Pick<StoredItem, "n" | "key" | "fingerprint" | "states" | "status">;

/** Item numbers that follow each other: the first, and how many. */
export type NumberRange = [from: number, count: number];

/** A page of a listing as last read: while its bytes are the same, so are its items. */
export interface StoredPage {
  /** The cursor that fetched it; empty for the first page. */
  cursor: string;
  /** Of its bytes and of what else leads on from it. */
  digest: string;
  /** The cursor to go on from; null at the end of the list. */
  next: string | null;
  /** How many records it holds. */
  records: number;
  items: NumberRange[];
  /** When a condition on time changes its answer for one of its items, ms since the epoch; null when none will. */
  dueAt: number | null;
  /** Its list in pieces, so that only what changed of it need be parsed; null when it could not be cut. */
  cut: StoredCut | null;
}

/** A page's text in pieces (`engine/page-cut`), each with the items that it tells of. */
export interface StoredCut {
  /** Bytes before the list's first record. */
  head: number;
  blocks: StoredBlock[];
  /** The block that ends with the record behind which `next` begins. */
  anchor: number;
}

interface StoredBlock {
  bytes: number;
  records: number;
  digest: string;
  start: string;
  items: NumberRange[];
}

export interface ItemEventState {
  matching: boolean;
  told: number;
}

/** One sweep, as it went: a line of the poller's history. */
export interface Sweep {
  id: string;
  pollerId: string;
  startedAt: number;
  durationMs: number;
  complete: boolean;
  pages: number;
  items: number;
  added: number;
  changed: number;
  removed: number;
  held: number;
  events: number;
  error: string | null;
}
