import { selectValue } from "../../engine/select.ts";
import type { TidewireError } from "../../kernel/errors.ts";
import { canonicalJson, type Json } from "../../kernel/json.ts";
import type { AsyncRule } from "../../manifest/async-rule.ts";
import type { Operation } from "../../manifest/connector.ts";

/** How far the record of something that is awaited says it is. */
export function verdictOf({ field, done, failed }: AsyncRule, record: Json): "done" | "failed" | "waiting" {
  const value = canonicalJson(selectValue(field, record));
  const isIn = (values: Json[]) => values.some((one) => canonicalJson(one) === value);
  return isIn(failed) ? "failed" : isIn(done) ? "done" : "waiting";
}

/** When the record is read again: a tenth of the time that went by, between the rule's two bounds. All times are ms since the epoch. */
export function nextRead({ everyMs, upToMs, withinMs }: AsyncRule, since: number, now: number): number {
  const wait = Math.min(Math.max((now - since) / 10, everyMs), upToMs);
  // The last look is at the deadline, not one wait after it.
  return Math.max(now, Math.min(now + Math.round(wait), since + withinMs));
}

export function isOverdue({ withinMs }: AsyncRule, since: number, now: number): boolean {
  return now >= since + withinMs;
}

const LONGEST_BACK_OFF_MS = 15 * 60_000;

/** When a call on the record is made again after the `failures`th failure in a row. */
export function nextTry(rule: AsyncRule, since: number, now: number, failures: number, retryAfterMs = 0): number {
  const regular = nextRead(rule, since, now);
  const backOff = Math.min(rule.everyMs * 2 ** failures, Math.max(LONGEST_BACK_OFF_MS, rule.upToMs));
  return Math.max(regular, Math.min(now + Math.max(backOff, retryAfterMs), since + rule.withinMs));
}

/** Statuses after which the same call may succeed: the credential is mended, the load is over. */
const PASSING_STATUSES = [401, 403, 408, 409, 425, 429];
const PASSING_CODES: readonly TidewireError["code"][] = [
  "upstream_unreachable",
  "upstream_timeout",
  "upstream_invalid",
  "needs_reauth",
];

/**
 * How many times in a row a provider may answer that the record is not there. It may say so of a record that is: Claude's
 * batches are missing for a moment (anthropics/anthropic-sdk-python issue 1432), so once is no proof.
 */
const MISSING_AT_MOST = 4;

/** True when the provider answered that the record is not there. */
export function saysMissing({ code, upstream }: TidewireError, { errors }: Pick<Operation, "errors">): boolean {
  return code !== "upstream_invalid" && errors.notFound.includes(upstream?.status ?? 0);
}

/** True when a call on the record that failed so, after `missing` answers in a row that it is not there, may succeed later. */
export function mayPass(
  error: TidewireError,
  operation: Pick<Operation, "errors"> | undefined,
  missing: number,
): boolean {
  if (operation && saysMissing(error, operation)) return missing < MISSING_AT_MOST;
  const status = error.upstream?.status ?? null;
  if (status === null || error.code === "upstream_invalid") return PASSING_CODES.includes(error.code);
  return status >= 500 || PASSING_STATUSES.includes(status);
}
