import type { Context } from "../context.ts";
import { type EventType, eventTypes } from "../events/event-types.ts";
import { namedConnections } from "../events/named-connections.ts";
import { OPERATIONAL_CONNECTOR } from "../events/operational.ts";
import { names } from "../events/pattern.ts";
import { invalidInput, notFound } from "../kernel/errors.ts";
import { mayTouch } from "../model/actor.ts";
import type { Connection } from "../model/connection.ts";
import type { Subscription } from "../model/subscription.ts";

type Caller = Pick<Context, "ports" | "actor">;

/** The subscription of an id. Throws `not_found` for another's as well. */
export async function mustGet({ ports, actor }: Caller, id: string): Promise<Subscription> {
  const subscription = await ports.store.subscriptions.get(id);
  if (!subscription || !mayTouch(actor, subscription.owner)) throw notFound("subscription", id);
  return subscription;
}

/** Deletes a subscription and cancels what is pending for it. One that is gone, or another's, is left alone. */
export async function removeSubscription({ ports, actor }: Caller, id: string): Promise<void> {
  const subscription = await ports.store.subscriptions.get(id);
  if (subscription && mayTouch(actor, subscription.owner))
    await ports.store.subscriptions.delete(id, ports.clock.now());
}

/** Every subscription of one URL that the caller may touch. */
export async function ofUrl({ ports, actor }: Caller, url: string): Promise<Subscription[]> {
  const all = await ports.store.subscriptions.all();
  return all.filter((subscription) => subscription.url === url && mayTouch(actor, subscription.owner));
}

/**
 * The connection that was named, by id or name; null for none. A name that several connectors have means the one whose
 * events are asked for; `invalid_input` when that still leaves several.
 */
export async function findConnection(
  { ports, actor }: Caller,
  ref: string | null | undefined,
  patterns: readonly string[],
): Promise<Connection | null> {
  if (ref === null || ref === undefined) return null;
  const named = await namedConnections(ports, actor, ref);
  const types = eventTypes(ports.connectors);
  const asked = named.filter(({ connector }) =>
    types.some((type) => type.connector === connector && patterns.some((pattern) => names(pattern, type))),
  );
  const [only, another] = named.length === 1 ? named : asked;
  if (only && !another) return only;
  const ids = named.map(({ id, connector }) => `${id} (${connector})`).join(", ");
  throw invalidInput([
    { at: "connection", message: `several connectors have a connection "${ref}"; name its id: ${ids}` },
  ]);
}

/** The types that may come by a connection (null = any), and those that Tidewire tells about itself. */
export function typesOf(
  { ports }: Pick<Context, "ports">,
  connection: Pick<Connection, "connector"> | null,
): EventType[] {
  return eventTypes(ports.connectors).filter(
    ({ connector }) => connection === null || connector === connection.connector || connector === OPERATIONAL_CONNECTOR,
  );
}
