import type { Json, JsonObject } from "../../kernel/json.ts";
import { invalidRequest } from "../api-error.ts";
import type { Call } from "../endpoint.ts";
import { pageLimit } from "../paging.ts";
import type { Setting } from "../setting.ts";
import { apiSecond } from "../world-clock.ts";
import { choice } from "./fields.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a bucket is, and how many of them a page holds unless asked and at most (facts, section 12). */
const WIDTHS = {
  "1m": { ms: MINUTE_MS, defaultLimit: 60, maxLimit: 1_440 },
  "1h": { ms: HOUR_MS, defaultLimit: 24, maxLimit: 168 },
  "1d": { ms: 24 * HOUR_MS, defaultLimit: 7, maxLimit: 31 },
};
export type BucketWidth = keyof typeof WIDTHS;

/** A stretch of time, [from, to), ms since the epoch. */
export interface Bucket {
  from: number;
  to: number;
}

interface BucketPage {
  buckets: Bucket[];
  /** Where the next page begins; null = this is the last one. */
  next: number | null;
}

/**
 * P3 for reports over time: one page of buckets, oldest first, each with what `results` finds in it, empty ones among them.
 * Throws 400 for a missing or wrong parameter.
 */
export function reportByTime(
  call: Call,
  setting: Setting,
  widths: readonly BucketWidth[],
  results: (bucket: Bucket) => Json[],
): JsonObject {
  const { buckets, next } = bucketsOf(call, setting, widths);
  const data = buckets.map((bucket) => ({
    starting_at: apiSecond(bucket.from),
    ending_at: apiSecond(bucket.to),
    results: results(bucket),
  }));
  return { data, has_more: next !== null, next_page: next === null ? null : timeToken(next) };
}

function bucketsOf(call: Call, { clock, pageSize }: Setting, widths: readonly BucketWidth[]): BucketPage {
  const { query, faults } = call;
  const { ms, defaultLimit, maxLimit } = WIDTHS[choice(query.get("bucket_width") ?? "1d", "bucket_width", widths)];
  const limit = pageLimit({ query, defaultLimit, maxLimit, pageSize, faults });
  const starting = timeOf(query, "starting_at");
  if (starting === null) throw invalidRequest("starting_at: Field required");
  const ending = timeOf(query, "ending_at");
  if (ending !== null && ending <= starting) throw invalidRequest("ending_at: must be after starting_at");
  const begin = query.has("page") ? fromTimeToken(query.get("page") ?? "") : starting;
  const from = Math.floor(begin / ms) * ms;
  if (faults.empty) return { buckets: [], next: faults.token === "again" ? from : null };
  // Without an end the bucket that is not yet over is the last.
  const end = Math.min(ending ?? Number.POSITIVE_INFINITY, (Math.floor(clock.now() / ms) + 1) * ms);
  const count = Math.min(limit, Math.max(Math.floor((end - from) / ms), 0));
  const buckets = Array.from({ length: count }, (_, i) => ({ from: from + i * ms, to: from + (i + 1) * ms }));
  const after = from + count * ms;
  const next = after + ms <= end ? after : null;
  return { buckets, next: faults.token === "repeat" ? from : next };
}

/** RFC 3339. Throws 400. */
function timeOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  if (text === null) return null;
  const ms = Date.parse(text);
  if (!/^\d{4}-\d\d-\d\dT/.test(text) || Number.isNaN(ms)) {
    throw invalidRequest(`${name}: Input should be a valid datetime, such as 2026-11-01T00:00:00Z`);
  }
  return ms;
}

/** Anthropic's own tokens hold the next page's time as well. */
function timeToken(ms: number): string {
  return `page_${Buffer.from(apiSecond(ms)).toString("base64url")}`;
}

function fromTimeToken(token: string): number {
  const ms = Date.parse(Buffer.from(token.replace(/^page_/, ""), "base64url").toString());
  if (!token.startsWith("page_") || Number.isNaN(ms)) throw invalidRequest("page: the page token is not valid");
  return ms;
}
