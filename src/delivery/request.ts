import { bodyOf, contentTypeOf, type Told } from "../events/body.ts";
import { compileBodyTemplate } from "../events/body-template.ts";
import { BusyMap } from "../kernel/busy-map.ts";
import { remembered } from "../kernel/remembered.ts";
import type { DeliveryFormat, Subscription } from "../model/subscription.ts";
import type { HttpRequest } from "../net/port.ts";
import { VERSION } from "../version.ts";
import type { Endpoint } from "./endpoint.ts";
import { sign } from "./sign.ts";

/** What of an endpoint a request is made from. */
type Addressee = Pick<Endpoint, "headers" | "keys"> & { subscription: Pick<Subscription, "url" | "format"> };

const USER_AGENT = `Tidewire/${VERSION}`;

/**
 * One attempt as it goes out, by Standard Webhooks: `webhook-id` is the event's id for every try and subscription,
 * `webhook-timestamp` the second of this attempt. `number` is 1 for the first try. The subscription's own headers come first,
 * so that none of them can replace one of ours.
 */
export function deliveryRequest(
  endpoint: Addressee,
  eventId: string,
  body: string,
  number: number,
  now: number,
): HttpRequest {
  const timestamp = Math.floor(now / 1000);
  const { url, format } = endpoint.subscription;
  const ours = {
    "content-type": contentTypeOf(format),
    "accept-encoding": "identity",
    "user-agent": USER_AGENT,
    "tidewire-attempt": String(number),
    "webhook-id": eventId,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": sign(endpoint.keys(now), eventId, timestamp, body),
  };
  const headers = endpoint.headers === null ? ours : { ...endpoint.headers, ...ours };
  return { method: "POST", url, headers, body };
}

/** The body of an event's webhook in a format, as it is sent and signed. */
export function formatBody(event: Told, format: DeliveryFormat): string {
  return JSON.stringify(bodyOf(event, format));
}

/** What of a subscription decides the body of its webhooks. */
type Writing = Pick<Subscription, "id" | "tags" | "format" | "template">;

const MOST_TEMPLATES = 1_000;
const templateOf = remembered(MOST_TEMPLATES, compileBodyTemplate);

/** The body of an event's webhook for one subscription. Throws `invalid_input` when its template cannot take the event. */
export function writeBody(event: Told, subscription: Writing, format = formatBody): string {
  const { template } = subscription;
  return template === null ? format(event, subscription.format) : templateOf(template)(event, subscription);
}

const MOST_KEPT = 64;

/** `writeBody` that remembers the latest events, so that one told to many is written once for each format. */
export function rememberedBodies(): (event: Told, subscription: Writing) => string {
  const kept = new BusyMap<string, string>();
  const format: typeof formatBody = (event, name) => {
    const key = `${name}:${event.id}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const body = formatBody(event, name);
    kept.set(key, body);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string);
    return body;
  };
  return (event, subscription) => writeBody(event, subscription, format);
}
