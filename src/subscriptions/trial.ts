import type { Context } from "../context.ts";
import { openEndpoint } from "../delivery/endpoint.ts";
import { sendOnce } from "../delivery/send.ts";
import { type EventType, sampleEvent } from "../events/event-types.ts";
import { names } from "../events/pattern.ts";
import { invalidInput, TidewireError } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Connection } from "../model/connection.ts";
import type { Subscription } from "../model/subscription.ts";
import { typesOf } from "./find.ts";

/**
 * Sends a sample event of one of a subscription's types now, signed and formatted like any other, and tells how it went.
 * Nothing is stored and the subscription's health is not touched.
 */
export async function sendTrial(
  context: Context,
  subscription: Subscription,
  type: string | undefined,
): Promise<JsonObject> {
  const { store, clock, newId, vault, targets } = context.ports;
  const connection = subscription.connectionId === null ? null : await store.connections.get(subscription.connectionId);
  const eventType = chooseType(typesOf(context, connection), subscription, type);
  const now = clock.now();
  const event = { ...sampleEvent(eventType, now), ...address(connection), id: newId("evt") };
  const endpoint = openEndpoint(subscription, vault);
  const once = { event, number: 1, signal: context.signal };
  const outcome = await sendOnce({ http: targets, clock }, endpoint, once);
  return {
    ok: outcome.class === "ok",
    event: event.id,
    type: event.type,
    class: outcome.class,
    status: outcome.status,
    error: outcome.error,
    duration_ms: outcome.durationMs,
    response_body: outcome.responseBody,
  };
}

function chooseType(types: EventType[], subscription: Subscription, asked: string | undefined): EventType {
  const wanted = types.filter((one) => subscription.events.some((pattern) => names(pattern, one)));
  const chosen = asked === undefined ? wanted[0] : wanted.find(({ type }) => type === asked);
  if (chosen) return chosen;
  if (asked === undefined)
    throw new TidewireError("conflict", "No connector has the events of this subscription any more.");
  throw invalidInput([{ at: "type", message: `"${asked}" is not among the subscription's events` }]);
}

function address(connection: Connection | null): { connectionId?: string; connection?: string } {
  return connection ? { connectionId: connection.id, connection: connection.name } : {};
}
