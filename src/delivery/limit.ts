import type { GroupLimit } from "../jobs/contract.ts";
import type { Endpoint } from "./endpoint.ts";

/** From here on an endpoint that only fails is tried one delivery at a time, so that it takes no slots from those that work. */
const PROBE_AFTER_FAILURES = 10;
/** Before the first look nothing is known, so one goes ahead. */
const UNKNOWN: GroupLimit = { maxInFlight: 1, holdUntil: null };

/** From here on it shares the part of those that fail, whatever their hosts. */
const FAILING_FROM = 3;

/** How many deliveries of a subscription may be tried at once, by what the workers last saw of it. */
export function limitOf(endpoint: Endpoint | undefined, now: number): GroupLimit {
  if (endpoint === undefined) return UNKNOWN;
  const { holdUntil, consecutiveFailures } = endpoint.health;
  if (holdUntil !== null && holdUntil > now) return { maxInFlight: 1, holdUntil };
  const nextAt = endpoint.subscription.status === "active" ? (endpoint.pace?.nextAt(now) ?? 0) : 0;
  const maxInFlight = consecutiveFailures >= PROBE_AFTER_FAILURES ? 1 : endpoint.subscription.maxInFlight;
  return { maxInFlight, holdUntil: nextAt > now ? nextAt : null };
}

/**
 * Whose part of the worker's runs a subscription takes of: its host's, so that a hundred subscriptions on one slow host are
 * one of those that call; and all that fail have one part together, so that a hundred hosts that hang are no more than one.
 */
export function shareOf(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return "(unknown)";
  return endpoint.health.consecutiveFailures >= FAILING_FROM ? "(failing)" : endpoint.host;
}
