import { HttpFailure, type HttpFailureKind } from "./port.ts";

/** When a call that failed is sent again, as the manifest says it. Durations are ms. */
export interface RetryPolicy {
  /** Tries beyond the first. */
  max: number;
  statuses: (number | "5xx")[];
  networkErrors: boolean;
  baseMs: number;
  capMs: number;
  /** Share of the delay taken off at random: 0.25 = up to a quarter less. */
  jitter: number;
  /** Headers that say when, in order: `retry-after-ms`, `retry-after`. */
  afterHeaders: string[];
  /** The header that vetoes or orders a retry: `x-should-retry`. */
  vetoHeader: string | null;
}

/** An answer that is not a success; header names are lower-case. */
export interface FailedAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
}

export interface RetryContext {
  /** True when sending the request twice does no harm. */
  idempotent: boolean;
  /** In [0, 1). */
  random: number;
  /** ms since the epoch. */
  now: number;
}

/** The longest wait that one of Node's timers holds; the official SDK ignores a longer one as well. */
const LONGEST_MS = 2 ** 31 - 1;
/** Failures that another try may not meet. The rest (blocked, too large, not HTTP, aborted) would come again. */
const PASSING = new Set<HttpFailureKind>(["dns", "connect", "tls", "timeout", "reset"]);

/**
 * How long to wait before a request is sent again, in ms; null when it is not. `retries` counts those already made.
 * The rules are the official SDK's (`shouldRetry` and `retryRequest` of @anthropic-ai/sdk 1.10), with one difference: a
 * request that is not idempotent and may have been received is not sent again after a network failure.
 */
export function retryDelay(
  policy: RetryPolicy,
  retries: number,
  outcome: FailedAnswer | HttpFailure,
  context: RetryContext,
): number | null {
  if (retries >= policy.max) return null;
  if (outcome instanceof HttpFailure) {
    const harmless = context.idempotent || !outcome.maybeReceived;
    return policy.networkErrors && harmless && PASSING.has(outcome.kind) ? backoff(policy, retries, context) : null;
  }
  if (!mayRetry(policy, outcome)) return null;
  return askedDelay(policy.afterHeaders, outcome.headers, context.now) ?? backoff(policy, retries, context);
}

function mayRetry(policy: RetryPolicy, { status, headers }: FailedAnswer): boolean {
  const word = policy.vetoHeader === null ? undefined : headers[policy.vetoHeader];
  if (word === "true" || word === "false") return word === "true";
  return policy.statuses.some((listed) => (listed === "5xx" ? status >= 500 : status === listed));
}

function askedDelay(names: string[], headers: FailedAnswer["headers"], now: number): number | null {
  for (const name of names) {
    const text = headers[name] ?? "";
    const delay = name.endsWith("-ms") ? leadingNumber(text) : secondsOrDate(text, now);
    if (delay !== null && delay > 0) return delay <= LONGEST_MS ? delay : null;
  }
  return null;
}

function backoff({ baseMs, capMs, jitter }: RetryPolicy, retries: number, { random }: RetryContext): number {
  return Math.min(baseMs * 2 ** retries, capMs) * (1 - random * jitter);
}

/** The wait that a `retry-after` asks for, in ms (RFC 9110, 10.2.3): seconds or a date, the first of several; null for none that makes sense. */
export function parseRetryAfter(headers: Readonly<Record<string, string>>, now: number): number | null {
  return secondsOrDate(headers["retry-after"] ?? "", now);
}

const NUMBER = /^\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*(?:,|$)/i;
/** The three forms of an HTTP date, each in GMT (RFC 9110, 5.6.7); anything else `Date.parse` would guess at. */
const DATE =
  /^\s*((?:[A-Z][a-z]+, \d\d[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8})|(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d [\d:]{8} \d{4}))/;

function secondsOrDate(text: string, now: number): number | null {
  const seconds = leadingNumber(text);
  if (seconds !== null) return seconds * 1000;
  const date = DATE.exec(text)?.[1];
  const delay = date === undefined ? Number.NaN : Date.parse(`${date} GMT`) - now;
  return delay >= 0 ? delay : null;
}

function leadingNumber(text: string): number | null {
  const number = Number(NUMBER.exec(text)?.[1]);
  return Number.isFinite(number) ? number : null;
}
