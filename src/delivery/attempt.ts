import type { Cancellation } from "../kernel/canceller.ts";
import type { Clock } from "../kernel/clock.ts";
import { messageOf } from "../kernel/errors.ts";
import type { AttemptClass } from "../model/delivery.ts";
import { Deadline } from "../net/deadline.ts";
import { type Http, HttpFailure, type HttpRequest } from "../net/port.ts";
import { parseRetryAfter } from "../net/retry.ts";
import { classifyFailure, classifyStatus } from "./classify.ts";

/** How one try went. Times are ms. */
export interface AttemptOutcome {
  class: AttemptClass;
  /** HTTP status; null when there was no answer. */
  status: number | null;
  /** What went wrong, in words; null for a success. */
  error: string | null;
  /** The first 16 KiB of the answer, decoded leniently; null when there was none. */
  responseBody: string | null;
  /** The answer's Retry-After. */
  retryAfterMs: number | null;
  startedAt: number;
  durationMs: number;
}

/** How much of an answer is kept, in bytes; the rest is not read. */
const KEPT_BYTES = 16 * 1024;

/**
 * Sends one request under one total deadline and says how it went. A subscriber's failure is an outcome and never thrown;
 * what is thrown says nothing about the subscriber: our own stop (`signal`) or a mistake of ours.
 */
export async function attempt(
  outside: { http: Http; clock: Clock },
  request: HttpRequest,
  timeoutMs: number,
  signal: Cancellation,
): Promise<AttemptOutcome> {
  const { http, clock } = outside;
  const startedAt = clock.now();
  const deadline = new Deadline(clock, timeoutMs, signal);
  let verdict: Verdict;
  try {
    const { status, headers, body } = await http(request, deadline.signal);
    const retryAfterMs = parseRetryAfter(headers, clock.now());
    // Once there is a status the try is decided: how the rest of the answer breaks off changes nothing.
    verdict = answered(status, retryAfterMs, await body.start(KEPT_BYTES));
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    verdict = unanswered(error);
  } finally {
    deadline.close();
  }
  // The system's clock may have been set in the meantime, by a day or backwards.
  return { ...verdict, startedAt, durationMs: Math.min(Math.max(clock.now() - startedAt, 0), timeoutMs) };
}

/** The outcome of a try whose body could not be written: nothing was sent. */
export function unwritten(error: unknown, now: number): AttemptOutcome {
  const said = `the template makes no body of this event: ${messageOf(error)}`;
  const nothing = { status: null, responseBody: null, retryAfterMs: null };
  return { class: "template", error: said, ...nothing, startedAt: now, durationMs: 0 };
}

type Verdict = Omit<AttemptOutcome, "startedAt" | "durationMs">;

function answered(status: number, retryAfterMs: number | null, start: Uint8Array): Verdict {
  const verdict = classifyStatus(status);
  return {
    class: verdict,
    status,
    error: verdict === "ok" ? null : `the receiver answered ${status}`,
    // Invalid UTF-8 becomes U+FFFD: the answer is a stranger's, and is kept only to be looked at.
    responseBody: start.length === 0 ? "" : Buffer.from(start).toString("utf8"),
    retryAfterMs,
  };
}

function unanswered(failure: HttpFailure): Verdict {
  const verdict = classifyFailure(failure);
  if (verdict === null) throw failure;
  return { class: verdict, status: null, error: failure.message, responseBody: null, retryAfterMs: null };
}
