import { isoTime } from "../kernel/clock.ts";
import type { Attempt } from "../model/delivery.ts";
import type { StoredEvent } from "../model/event.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Settlement } from "./settle.ts";

/** Everything that is told of one try in one line of the log. Of the URL only the host: path and query may be secrets. */
export function attemptLine(
  event: StoredEvent,
  { subscription, host }: Endpoint,
  attempt: Attempt,
  { delivery }: Settlement,
): Record<string, unknown> {
  const { nextAttemptAt } = delivery;
  return {
    delivery: delivery.id,
    event: event.id,
    type: event.type,
    subscription: subscription.id,
    host,
    attempt: attempt.number,
    trigger: attempt.trigger,
    class: attempt.class,
    status: attempt.status,
    ms: attempt.durationMs,
    outcome: delivery.status,
    next: nextAttemptAt === null ? undefined : isoTime(nextAttemptAt),
    error: attempt.error ?? undefined,
  };
}
