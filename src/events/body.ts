import { isObject, type Json, type JsonObject, setMember } from "../kernel/json.ts";
import { eventBody, type StoredEvent } from "../model/event.ts";
import type { DeliveryFormat } from "../model/subscription.ts";
import { cloudEvent } from "./cloud-event.ts";

/** An event as it is told; the log's number plays no part. */
export type Told = Omit<StoredEvent, "seq">;

const BODIES: Record<DeliveryFormat, (event: Told) => Json> = {
  standard: wholeEvent,
  thin: thinEvent,
  raw: ({ data }) => data,
  cloudevents: cloudEvent,
};

/** What a webhook of this event carries in a format, in the order it is written. */
export function bodyOf(event: Told, format: DeliveryFormat): Json {
  return BODIES[format](event);
}

/** The media type of a format's body. */
export function contentTypeOf(format: DeliveryFormat): string {
  return format === "cloudevents" ? "application/cloudevents+json" : "application/json";
}

/** The public form of an event as an object of JSON. */
export function wholeEvent(event: Told): JsonObject {
  return eventBody(event) as { [K in keyof ReturnType<typeof eventBody>]: Json };
}

/** What happened, where and when: of the payload only the ids, so that the receiver reads the event itself. */
function thinEvent(event: Told): JsonObject {
  const { previous: _, ...body } = wholeEvent(event);
  return { ...body, data: idsOf(event.data) };
}

/** The payload's `id` and its members whose names end in `_id`. */
function idsOf(data: Json): JsonObject {
  const ids: JsonObject = {};
  for (const [name, value] of isObject(data) ? Object.entries(data) : []) {
    if (/(^|_)id$/.test(name) && (typeof value === "string" || typeof value === "number")) setMember(ids, name, value);
  }
  return ids;
}
