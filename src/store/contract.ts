import type { TidewireError } from "../kernel/errors.ts";
import type { Page, PageRequest } from "../kernel/page.ts";
import type { ApiKey, Scope } from "../model/actor.ts";
import type { AsyncRun, RunState, StoredRun } from "../model/async-run.ts";
import type { Connection } from "../model/connection.ts";
import type { StoredEvent } from "../model/event.ts";
import type { IdempotencyRecord } from "../model/idempotency.ts";
import type { Queue } from "../model/job.ts";
import type { DuePoller, KnownItem, StoredCut, StoredItem, StoredPage, StoredPoller, Sweep } from "../model/poller.ts";
import type { Subscription } from "../model/subscription.ts";
import type {
  AttemptCommit,
  CommitResult,
  EventCommit,
  PollCommit,
  Pruned,
  PrunePlace,
  RunCommit,
  SubscriptionPatch,
} from "./acts.ts";
import type { DeliveryStore } from "./delivery-store.ts";
import type { JobStore } from "./job-store.ts";

/**
 * What the product remembers. Reads are grouped by noun; writes are whole business acts, each atomic and durable when its
 * promise resolves (`synchronous=FULL`). No transaction object crosses this port: an act is planned first, then committed.
 */
export interface Store {
  readonly connections: ConnectionStore;
  readonly keys: KeyStore;
  readonly subscriptions: SubscriptionStore;
  readonly events: EventStore;
  readonly deliveries: DeliveryStore;
  readonly pollers: PollerStore;
  readonly jobs: JobStore;
  readonly runs: RunStore;
  readonly idempotency: IdempotencyStore;
  readonly settings: SettingStore;
  readonly vitals: StoreVitals;

  /** Stores a page's new state, its events and the work to deliver them, unless the poller moved on since it was read. */
  commitPoll(commit: PollCommit): Promise<CommitResult>;
  /** Stores events that no poll made (actions), or one chunk of a wide fan-out; `lease` is the job that this finishes. */
  commitEvents(commit: EventCommit): Promise<CommitResult>;
  /** Stores outcomes of attempts. Many calls of one tick share one transaction. */
  commitAttempt(commit: AttemptCommit): Promise<CommitResult>;
  /** Stores what a worker did for an asynchronous run, unless the run moved on since it was read. */
  commitRun(commit: RunCommit): Promise<CommitResult>;
  /**
   * One short step of the retention, `after` where the one before came to: of events older than `before` it deletes some with
   * their deliveries and attempts, those with a pending delivery excepted, and up to `limit` each of old lines of sweep history,
   * of runs that finished before, and of what deleted connections and reset pollers left. `limit` counts events and deliveries.
   */
  prune(before: number, limit: number, after?: PrunePlace): Promise<Pruned>;
  /** Waits for what is under way and lets go of the database. */
  close(): Promise<void>;
}

export interface ConnectionStore {
  /** `ids` null = all. */
  list(page: PageRequest & { connector?: string; ids: readonly string[] | null }): Promise<Page<Connection>>;
  all(): Promise<Connection[]>;
  get(id: string): Promise<Connection | null>;
  byName(connector: string, name: string): Promise<Connection | null>;
  /** With its pollers. Throws `conflict` when connector and name are taken. */
  create(connection: Connection, pollers: StoredPoller[]): Promise<void>;
  update(id: string, patch: Partial<Omit<Connection, "id">>): Promise<void>;
  /** With its pollers and items; its events stay. True when it was there. */
  delete(id: string): Promise<boolean>;
}

export interface KeyStore {
  list(page: PageRequest): Promise<Page<ApiKey>>;
  get(id: string): Promise<ApiKey | null>;
  /** By the hex SHA-256 of the key; revoked ones too. */
  byHash(hash: string): Promise<ApiKey | null>;
  create(key: ApiKey): Promise<void>;
  /** With the subscriptions it takes along: `disableSubscriptions` disables all that it owns, with reason `key_revoked`. */
  update(id: string, patch: Partial<Omit<ApiKey, "keyId">>, disableSubscriptions: boolean, now: number): Promise<void>;
  /** Called after each commit that changed a key, with its id. */
  onUpdated(listener: (id: string) => void): void;
}

export interface SubscriptionStore {
  /** `owner` null = everybody's. */
  list(page: PageRequest & { owner: string | null; url?: string; tag?: string }): Promise<Page<Subscription>>;
  /** Every one that is not deleted, for fan-out. */
  all(): Promise<readonly Subscription[]>;
  get(id: string): Promise<Subscription | null>;
  /** The same at once where it is kept in memory; undefined = ask `get`. */
  known(id: string): Subscription | null | undefined;
  create(subscription: Subscription): Promise<void>;
  update(id: string, patch: SubscriptionPatch): Promise<void>;
  /** Called after each of these two with the subscription; what deliveries change of its health is not told. */
  onChanged(listener: (subscription: Subscription) => void): void;
  /** Its pending deliveries are cancelled. True when it was there. */
  delete(id: string, now: number): Promise<boolean>;
}

export interface EventFilter {
  type?: string;
  connectionId?: string;
  /** Connection ids the reader may see; null = all. */
  connections: readonly string[] | null;
  since?: number;
  until?: number;
}

/** Where the log of events ends, and what is gone of it. */
export interface LogEnds {
  /** The last `seq` that was given; 0 before the first. */
  last: number;
  /** The last `seq` that was removed by its age; what still has to be delivered is kept before it. 0 before the first. */
  pruned: number;
  /** The last removal, and those before it that took events beyond all later ones: the seqs fall. */
  removals: readonly Removal[];
}

/** Events that were removed from the log at once. */
export interface Removal {
  /** Which it was, from 1 on. */
  count: number;
  /** The highest `seq` that went. */
  seq: number;
}

export interface EventStore {
  /** Newest first, or oldest first; the cursor is `seq`. */
  list(page: PageRequest & EventFilter & { order?: "asc" }): Promise<Page<StoredEvent>>;
  ends(): Promise<LogEnds>;
  get(id: string): Promise<StoredEvent | null>;
  /** Many at once, by id. */
  load(ids: string[]): Promise<Map<string, StoredEvent>>;
  /** Called for each event that a commit stored, after that commit. */
  onStored(listener: () => void): void;
}

export interface PollerStore {
  list(
    page: PageRequest & { connectionId?: string; connections: readonly string[] | null },
  ): Promise<Page<StoredPoller>>;
  all(): Promise<StoredPoller[]>;
  /** Those whose `nextRunAt` has come and that are not paused, the longest overdue first. */
  due(now: number, limit: number): Promise<DuePoller[]>;
  get(id: string): Promise<StoredPoller | null>;
  create(poller: StoredPoller): Promise<void>;
  update(id: string, patch: Partial<Omit<StoredPoller, "id" | "version">>): Promise<void>;
  /** The items with these keys. */
  items(pollerId: string, keys: string[]): Promise<StoredItem[]>;
  /** What a sweep compares the items with these keys by, removed ones too, in any order. */
  known(pollerId: string, keys: string[]): Promise<KnownItem[]>;
  /** The items with these numbers, in any order. */
  numbered(numbers: number[]): Promise<StoredItem[]>;
  /** Numbers of items that are not gone, in order, after `afterN`: for proving absence. */
  itemNumbers(pollerId: string, afterN: number, limit: number): Promise<number[]>;
  /** A page as last read, without its pieces; null when it is not known. */
  page(pollerId: string, cursor: string): Promise<Omit<StoredPage, "cut"> | null>;
  /** The pieces of a page; null when it was not cut. */
  pageCut(pollerId: string, cursor: string): Promise<StoredCut | null>;
  /** Those of the cursors that a page is known of. */
  pagesAmong(pollerId: string, cursors: string[]): Promise<string[]>;
  /** The cursors of all known pages. */
  pageCursors(pollerId: string): Promise<string[]>;
  heldItems(pollerId: string, limit: number): Promise<StoredItem[]>;
  /** Newest first. */
  sweeps(pollerId: string, limit: number): Promise<Sweep[]>;
}

export interface RunFilter {
  /** `null` = everybody's. */
  owner: string | null;
  /** Connection ids the reader may see, beside runs that are of none; null = all. */
  connections: readonly string[] | null;
  /** What the reader may do. */
  scopes: readonly Scope[];
  state?: RunState;
}

/**
 * The job of a run has the run's id as key and payload: a `run` job in the group of its connection's id; for a replay a `replay`
 * job in the group of its subscription's id.
 */
export interface RunStore {
  /** Newest first, without what is sealed. */
  list(page: PageRequest & RunFilter): Promise<Page<AsyncRun>>;
  get(id: string): Promise<StoredRun | null>;
  /** With its job, which is due at once. */
  create(run: StoredRun): Promise<void>;
  /**
   * Ends a run whose call was not begun as cancelled, and drops its job. One that is running is marked (`asked`) and its job
   * made due now; any other is left as it is.
   */
  cancel(id: string, now: number): Promise<StoredRun | null>;
  /** Called after each commit that finished a run. */
  onFinished(listener: (id: string) => void): void;
}

export interface IdempotencyStore {
  /** Begins a write; gives what is there when the id is taken and not older than `freshAfter`. */
  begin(record: IdempotencyRecord, freshAfter: number): Promise<IdempotencyRecord | null>;
  finish(id: string, sealedAnswer: string): Promise<void>;
  /** Forgets one that failed before anything happened. */
  forget(id: string): Promise<void>;
  /** Forgets up to `limit` that are older than `before`; how many. */
  prune(before: number, limit: number): Promise<number>;
}

/** Small facts about the database itself, such as the vault's check value. */
export interface SettingStore {
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
}

/** How the database itself fares. */
export interface StoreVitals {
  /**
   * Writes a little and makes it durable. Throws `database_full`, `database_busy` or `database_unwritable`, also when any
   * write failed so in the last seconds, and `database_damaged` once any write found it so.
   */
  probe(): Promise<void>;
  /** What keeps outcomes from being written, while a patient store holds some; else null. */
  holding(): TidewireError | null;
  size(): Promise<DatabaseSize>;
  /** When the oldest pending delivery was made, in ms since the epoch; null when none is pending. */
  oldestPending(): Promise<number | null>;
  /** Jobs of a queue that are stored, due or not; of `deliver` all pending deliveries. It counts them: 30 ms for a million. */
  depth(queue: Queue): Promise<number>;
}

/** In bytes. */
export interface DatabaseSize {
  database: number;
  /** What was written and is not in the database yet (SQLite's WAL). */
  log: number;
  /** Left on the disk; null where there is no disk. */
  free: number | null;
}
