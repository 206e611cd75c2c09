import type { JsonObject } from "../kernel/json.ts";
import type { ApiError } from "./api-error.ts";
import type { ApiVersion } from "./endpoint.ts";
import type { MessageRequest } from "./message-request.ts";

const HOUR_MS = 3_600_000;
/** A batch has 24 hours; its results are kept until 29 days after it was made. */
export const EXPIRES_AFTER_MS = 24 * HOUR_MS;
export const ARCHIVED_AFTER_MS = 29 * 24 * HOUR_MS;

export interface BatchRequest {
  custom_id: string;
  params: JsonObject;
}

/** What was done to a batch; everything else follows from the clock. Times are ms since the epoch. */
export interface BatchRecord {
  id: string;
  createdAt: number;
  /** Decides which params are good. */
  version: ApiVersion;
  requests: BatchRequest[];
  cancelAt: number | null;
  /** Not worked on until `releasedAt`; null in it = not yet released. */
  hold: { releasedAt: number | null } | null;
  /** Filled in when first asked for after the end. */
  outcome: BatchOutcome | null;
  /** Whether what it took is in the usage ledger. */
  isBooked: boolean;
}

type ResultType = "succeeded" | "errored" | "canceled" | "expired";

export interface BatchOutcome {
  counts: Record<ResultType, number>;
  /** Of each request that was processed, by its index: what to answer, or why not. */
  processed: (MessageRequest | ApiError)[];
  /** What became of the rest. */
  rest: "canceled" | "expired";
}

export interface BatchEnd {
  at: number;
  /** How many requests were processed by then. */
  processed: number;
  rest: "canceled" | "expired";
}

/** When and how a batch ends if nothing more is done to it; `batchMs` is how long a batch takes. Pure. */
export function endOf({ createdAt, cancelAt, hold, requests }: BatchRecord, batchMs: number): BatchEnd {
  const startsAt = hold === null ? createdAt : (hold.releasedAt ?? Number.POSITIVE_INFINITY);
  const expiresAt = createdAt + EXPIRES_AFTER_MS;
  const doneAt = startsAt + batchMs;
  const cutAt = Math.min(cancelAt ?? Number.POSITIVE_INFINITY, expiresAt);
  if (doneAt <= cutAt) return { at: doneAt, processed: requests.length, rest: "expired" };
  const share = Math.min(Math.max((cutAt - startsAt) / batchMs, 0), 1);
  const processed = Math.floor(requests.length * (Number.isFinite(share) ? share : 0));
  if (cutAt === cancelAt) return { at: Math.min(cancelAt + batchMs, expiresAt), processed, rest: "canceled" };
  return { at: expiresAt, processed, rest: "expired" };
}
