import type { Json, JsonObject } from "../kernel/json.ts";
import type { Scope } from "./actor.ts";
import type { Replay } from "./replay.ts";

export const RUN_STATES = ["pending", "running", "succeeded", "failed", "cancelled"] as const;
export type RunState = (typeof RUN_STATES)[number];

/** An operation, or a replay, that runs without its caller waiting: what `/v1/jobs` shows. Times are ms since the epoch. */
export interface AsyncRun {
  /** `job_…` */
  id: string;
  /** Id of the key that asked for it. */
  owner: string;
  /** The scope that the operation needs, and so does whoever looks at the run. */
  scope: Scope;
  /** Handle; `tidewire` for a replay. */
  connector: string;
  /** `message_batches.create`. */
  operation: string;
  /** Empty for a replay of a subscription that names none. */
  connectionId: string;
  /** The connection's name when the run was made. */
  connection: string;
  fields: "selected" | "raw";
  state: RunState;
  /** `call`: the operation's own call is to be made. `await`: it was answered, and what it began at the provider is awaited. */
  phase: "call" | "await";
  /**
   * The call that was begun and whose answer was not stored. Who finds it set took the run over from one that died: only a
   * call that does no harm twice may then be sent again.
   */
  underWay: "call" | "cancel" | null;
  /** What became of a wish to cancel; null when nobody asked. `refused`: the provider said no, or nobody knows what it said. */
  cancel: "asked" | "accepted" | "refused" | null;
  /** The key of the provider's record (a batch's id), once the call was answered. */
  recordKey: string | null;
  /** What the manifest's selector found in the last record. */
  progress: Json;
  /** What a replay is to do and how far it is; null for an operation of a connector. */
  replay: Replay | null;
  /** Why it failed, as problem details (RFC 9457). */
  error: JsonObject | null;
  /** Reads that failed, in a row. */
  failures: number;
  /** Answers that the record is not there, in a row. */
  missing: number;
  /** Compare-and-set guard: every commit of the worker moves it on by one. */
  version: number;
  createdAt: number;
  /** When the operation's call was answered; what an `async` rule waits for begins then. */
  answeredAt: number | null;
  updatedAt: number;
  finishedAt: number | null;
}

/** A run with what it holds, each sealed for its id. */
export interface StoredRun extends AsyncRun {
  /** The request, until the operation was called. */
  sealedRequest: string | null;
  /** The answer: the latest, for an `async` rule. */
  sealedAnswer: string | null;
}

export function isFinished({ state }: Pick<AsyncRun, "state">): boolean {
  return state !== "pending" && state !== "running";
}

type About = Pick<
  StoredRun,
  | "id"
  | "owner"
  | "scope"
  | "connector"
  | "operation"
  | "connectionId"
  | "connection"
  | "fields"
  | "replay"
  | "sealedRequest"
>;

/** A run that nothing was done for yet. */
export function newRun(about: About, now: number): StoredRun {
  return {
    ...about,
    state: "pending",
    phase: "call",
    underWay: null,
    cancel: null,
    recordKey: null,
    progress: null,
    error: null,
    failures: 0,
    missing: 0,
    version: 0,
    createdAt: now,
    answeredAt: null,
    updatedAt: now,
    finishedAt: null,
    sealedAnswer: null,
  };
}
