import type { Json } from "../kernel/json.ts";

export type PollerState = "active" | "paused" | "needs_reauth";

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
  /** The manifest's fingerprint fields as JSON when last swept: another one adopts new prints in silence. */
  fingerprintPrint: string;
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
  createdAt: number;
}

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
  /** `removed` is kept so that a return is told as a new occurrence. */
  status: "present" | "suspect" | "held" | "removed";
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
