import type { Told } from "../events/body.ts";
import type { Cancellation } from "../kernel/canceller.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Http } from "../net/port.ts";
import { type AttemptOutcome, attempt, unwritten } from "./attempt.ts";
import type { Endpoint } from "./endpoint.ts";
import { deliveryRequest, writeBody } from "./request.ts";

/** One try: `number` is 1 for the first; `write` makes the body, by the subscription's template or format unless said. */
interface Try {
  event: Told;
  number: number;
  signal: Cancellation;
  write?: typeof writeBody;
}

/**
 * Writes, signs and sends an event to an endpoint once, and says how it went. A template that makes nothing of the event is an
 * outcome too, before anything is sent.
 */
export function sendOnce(
  outside: { http: Http; clock: Clock },
  endpoint: Endpoint,
  { event, number, signal, write = writeBody }: Try,
): Promise<AttemptOutcome> {
  const { subscription } = endpoint;
  let body: string;
  try {
    body = write(event, subscription);
  } catch (error) {
    if (subscription.template === null) throw error;
    return Promise.resolve(unwritten(error, outside.clock.now()));
  }
  const request = deliveryRequest(endpoint, event.id, body, number, outside.clock.now());
  return attempt(outside, request, subscription.timeoutMs, signal);
}
