import type { Context } from "../context.ts";
import type { Json } from "../kernel/json.ts";
import type { DeliveryFormat } from "../model/subscription.ts";
import { bodyOf } from "./body.ts";
import { type EventType, sampleEvent } from "./event-types.ts";

/**
 * The bodies of the newest real events of a type that the caller may see, newest first; the manifest's sample when there are
 * none. They have the shape of the webhook to the byte.
 */
export async function sampleBodies(
  { ports, actor }: Pick<Context, "ports" | "actor">,
  eventType: EventType,
  limit: number,
  format: DeliveryFormat,
): Promise<Json[]> {
  const { type, connector } = eventType;
  const newest = await ports.store.events.list({ type, connections: actor.connections, limit });
  const real = newest.items.filter((event) => event.connector === connector);
  const events = real.length > 0 ? real : [sampleEvent(eventType, ports.clock.now())];
  return events.map((event) => bodyOf(event, format));
}
