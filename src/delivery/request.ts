import { bodyOf } from "../events/body.ts";
import type { StoredEvent } from "../model/event.ts";
import type { DeliveryFormat } from "../model/subscription.ts";
import type { HttpRequest } from "../net/port.ts";
import { VERSION } from "../version.ts";
import type { Endpoint } from "./endpoint.ts";
import { sign } from "./sign.ts";

const USER_AGENT = `Tidewire/${VERSION}`;

/**
 * One attempt as it goes out, by Standard Webhooks: `webhook-id` is the event's id for every try and subscription,
 * `webhook-timestamp` the second of this attempt. `number` is 1 for the first try. The subscription's own headers come first,
 * so that none of them can replace one of ours.
 */
export function deliveryRequest(
  endpoint: Endpoint,
  eventId: string,
  body: string,
  number: number,
  now: number,
): HttpRequest {
  const timestamp = Math.floor(now / 1000);
  return {
    method: "POST",
    url: endpoint.subscription.url,
    headers: {
      ...endpoint.headers,
      "content-type": "application/json",
      "accept-encoding": "identity",
      "user-agent": USER_AGENT,
      "tidewire-attempt": String(number),
      "webhook-id": eventId,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": sign(endpoint.keys(now), eventId, timestamp, body),
    },
    body,
  };
}

/** The body of an event's webhook as it is sent and signed. */
export function formatBody(event: Omit<StoredEvent, "seq">, format: DeliveryFormat): string {
  return JSON.stringify(bodyOf(event, format));
}

const MOST_KEPT = 64;

/** `formatBody` that remembers the latest events, so that one told to many is written once. */
export function rememberedBodies(): typeof formatBody {
  const kept = new Map<string, string>();
  return (event, format) => {
    const key = `${format}:${event.id}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const body = formatBody(event, format);
    kept.set(key, body);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
    return body;
  };
}
