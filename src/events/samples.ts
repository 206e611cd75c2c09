import type { Context } from "../context.ts";
import type { Json } from "../kernel/json.ts";
import type { DeliveryFormat } from "../model/subscription.ts";
import { bodyOf } from "./body.ts";
import { type EventType, sampleEvent } from "./event-types.ts";
import { findEvents } from "./find-events.ts";

/**
 * The bodies of the newest real events of a type that the caller may see, newest first; the manifest's sample when there are
 * none. A type that other connectors have too is looked for as far back as `findEvents` looks. They have the shape of the
 * webhook to the byte.
 */
export async function sampleBodies(
  { ports, actor }: Pick<Context, "ports" | "actor">,
  eventType: EventType,
  limit: number,
  format: DeliveryFormat,
): Promise<Json[]> {
  const { type, connector } = eventType;
  const wanted = { types: [`${connector}/${type}`], connections: actor.connections };
  const { items } = await findEvents(ports.store, wanted, { limit });
  const events = items.length > 0 ? items : [sampleEvent(eventType, ports.clock.now())];
  return events.map((event) => bodyOf(event, format));
}
