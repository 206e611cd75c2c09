import type { Subscription } from "../model/subscription.ts";
import { cappedRetryAfter } from "./backoff.ts";

/** How a subscription's endpoint has fared. Times are ms since the epoch. */
export type Health = Pick<Subscription, "failingSince" | "consecutiveFailures" | "warned" | "holdUntil">;

/** What a try tells about the endpoint. */
export interface TryResult {
  ok: boolean;
  /** HTTP status; null when there was no answer. */
  status: number | null;
  /** The answer's Retry-After in ms; null without one. */
  retryAfterMs: number | null;
}

/** What must be told to people, with the run of failures that led to it. */
export type HealthSignal = { failingSince: number; consecutiveFailures: number } & (
  | { kind: "failing"; percent: number }
  | { kind: "disabled"; reason: "gone" | "failing" }
);

export interface Checkup {
  health: Health;
  signal: HealthSignal | null;
}

export const WELL: Health = { failingSince: null, consecutiveFailures: 0, warned: 0, holdUntil: null };

const DISABLE_AFTER_MS = 5 * 24 * 3_600_000;
const DISABLE_AFTER_TRIES = 20;
/** Percent of the way to being disabled at which people are warned. */
const WARNINGS = [90, 70, 50];

/** The health after one more try: the same object when nothing changed. */
export function checkup(health: Health, tried: TryResult, now: number): Checkup {
  return tried.ok ? { health: recovered(health), signal: null } : failed(health, tried, now);
}

/** A success ends the run of failures; a hold that another try was told stays. */
function recovered(health: Health): Health {
  return health.failingSince === null ? health : { ...WELL, holdUntil: health.holdUntil };
}

function failed(health: Health, tried: TryResult, now: number): Checkup {
  const failingSince = health.failingSince ?? now;
  const consecutiveFailures = health.consecutiveFailures + 1;
  const percent = progress(now - failingSince, consecutiveFailures);
  const warning = WARNINGS.find((step) => percent >= step && step > health.warned);
  const next: Health = {
    failingSince,
    consecutiveFailures,
    warned: warning ?? health.warned,
    holdUntil: holdUntil(health, tried, now),
  };
  const run = { failingSince, consecutiveFailures };
  if (tried.status === 410) return { health: next, signal: { kind: "disabled", reason: "gone", ...run } };
  if (percent >= 100) return { health: next, signal: { kind: "disabled", reason: "failing", ...run } };
  return { health: next, signal: warning === undefined ? null : { kind: "failing", percent: warning, ...run } };
}

/** Percent of the way to auto-disable, which needs both: five days of nothing but failures, and twenty of them. */
function progress(failingForMs: number, failures: number): number {
  return 100 * Math.min(failingForMs / DISABLE_AFTER_MS, failures / DISABLE_AFTER_TRIES);
}

/** A 429 or 503 that says when to come back speaks for the whole endpoint. */
function holdUntil(health: Health, { status, retryAfterMs }: TryResult, now: number): number | null {
  const asked = status === 429 || status === 503 ? cappedRetryAfter(retryAfterMs) : 0;
  return asked > 0 ? Math.max(health.holdUntil ?? 0, now + asked) : health.holdUntil;
}
