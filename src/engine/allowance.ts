import type { RateLimit } from "../manifest/connector.ts";

/** What an account may still ask its provider for, by one of the provider's limits. */
export interface Allowance {
  /** Requests in a window. */
  limit: number;
  remaining: number;
  /** When there is the whole limit again; ms since the epoch. */
  resetAt: number;
  /** When this was known. */
  notedAt: number;
}

type Headers = Readonly<Record<string, string>>;

/** What an answer says of a limit; null when it does not say all of it. Header names are lower-case. */
export function allowanceOf(
  { headers: names }: { headers: { limit: string; remaining: string; reset: string } },
  headers: Headers,
  now: number,
): Allowance | null {
  const limit = count(headers[names.limit]);
  const remaining = count(headers[names.remaining]);
  const resetAt = resetTime(headers[names.reset], now);
  return limit === null || remaining === null || resetAt === null ? null : { limit, remaining, resetAt, notedAt: now };
}

/** The same of a limit that the provider does not speak of: what is left after one more request in the present window. */
export function countedAllowance(
  { requests, perMs }: { requests: number; perMs: number },
  before: Allowance | undefined,
  now: number,
): Allowance {
  const resetAt = (Math.floor(now / perMs) + 1) * perMs;
  const left = before?.resetAt === resetAt ? before.remaining : requests;
  return { limit: requests, remaining: Math.max(left - 1, 0), resetAt, notedAt: now };
}

/** Nobody waits for longer, whatever a provider says, and whatever was done to the clock since it said so. */
const LONGEST_WAIT_MS = 60 * 60_000;

/**
 * Until when sweeps leave a provider to the callers, ms since the epoch: until the reset, while less is left than the reserve;
 * null when there is room.
 */
export function waitFor({ reserve }: Pick<RateLimit, "reserve">, allowance: Allowance, now: number): number | null {
  const { limit, remaining, resetAt, notedAt } = allowance;
  const until = Math.min(resetAt, notedAt + LONGEST_WAIT_MS);
  return now < notedAt || until <= now || remaining >= reserve * limit ? null : until;
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** A number below this counts seconds from now; one beyond it seconds since the epoch. */
const FIRST_EPOCH_S = 1e9;

/** A time as ISO 8601 or an HTTP date, in seconds since the epoch, or in seconds from now; null for none. */
function resetTime(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
  if (seconds !== null) return seconds < FIRST_EPOCH_S ? now + seconds * 1_000 : seconds * 1_000;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}
