import type { GroupLimit } from "../jobs/contract.ts";
import { isExpired, type Subscription } from "../model/subscription.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Pace } from "./pace.ts";

/** From here on an endpoint that only fails is tried one delivery at a time, so that it takes no slots from those that work. */
const PROBE_AFTER_FAILURES = 10;
/**
 * From here on it also rests for so long between two tries: one that refuses connections took thousands of tries a second out of a
 * pile of a hundred thousand, each of which costs more than one that succeeds. The first success ends that.
 */
const REST_AFTER_FAILURES = 100;
const REST_MS = 50;
/** Before the first look nothing is known, so one goes ahead. */
const UNKNOWN: GroupLimit = { maxInFlight: 1, holdUntil: null };

/** From here on it shares the part of those that fail, whatever their hosts. */
const FAILING_FROM = 3;

/** How many deliveries of a subscription may be tried at once, by what the workers last saw of it. What was `isAsked` for is not held. */
export function limitOf(endpoint: Endpoint | undefined, now: number, isAsked = false): GroupLimit {
  if (endpoint === undefined) return UNKNOWN;
  const { subscription, health, pace } = endpoint;
  if (!isSentTo(subscription, now)) return { maxInFlight: subscription.maxInFlight, holdUntil: null };
  // Once it has ended nothing is sent, so neither a hold nor a rate is waited for.
  const ends = subscription.expiresAt ?? Number.POSITIVE_INFINITY;
  const { holdUntil, consecutiveFailures } = health;
  if (holdUntil !== null && holdUntil > now && !isAsked)
    return { maxInFlight: 1, holdUntil: Math.min(holdUntil, ends) };
  const nextAt = Math.max(pace?.nextAt(now) ?? 0, isAsked ? 0 : restUntil(endpoint, now));
  const maxInFlight = consecutiveFailures >= PROBE_AFTER_FAILURES ? 1 : subscription.maxInFlight;
  return { maxInFlight, holdUntil: nextAt > now ? Math.min(nextAt, ends) : null };
}

/** When an endpoint that only fails may be tried again; 0 = at once. A try that is ahead of the clock, which was put back, tells nothing. */
function restUntil({ health, triedAt }: Endpoint, now: number): number {
  return health.consecutiveFailures < REST_AFTER_FAILURES || triedAt > now ? 0 : triedAt + REST_MS;
}

/** The rate that a run which begins now counts to; null when it has none, or nothing is sent. */
export function paceOf(endpoint: Endpoint | undefined, now: number): Pace | null {
  return endpoint?.pace && isSentTo(endpoint.subscription, now) ? endpoint.pace : null;
}

/** False when all that is due is turned away. */
function isSentTo(subscription: Subscription, now: number): boolean {
  return subscription.status === "active" && !isExpired(subscription, now);
}

/**
 * Whose part of the worker's runs a subscription takes of: its host's, so that a hundred subscriptions on one slow host are
 * one of those that call; and all that fail have one part together, so that a hundred hosts that hang are no more than one.
 */
export function shareOf(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return "(unknown)";
  return endpoint.health.consecutiveFailures >= FAILING_FROM ? "(failing)" : endpoint.host;
}
