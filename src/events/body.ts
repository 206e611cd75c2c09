import type { Json } from "../kernel/json.ts";
import { eventBody, type StoredEvent } from "../model/event.ts";
import type { DeliveryFormat } from "../model/subscription.ts";

/** What a webhook of this event carries, in the order it is written: the whole event (`standard`), or only its payload (`raw`). */
export function bodyOf(event: Omit<StoredEvent, "seq">, format: DeliveryFormat): Json {
  return format === "raw" ? event.data : (eventBody(event) as { [K in keyof ReturnType<typeof eventBody>]: Json });
}
