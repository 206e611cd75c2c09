import type { KeyObject } from "node:crypto";
import { openCredentials } from "../connections/credentials.ts";
import { inboundKeys } from "../connections/inbound.ts";
import { connectionNamed } from "../connections/resolve.ts";
import type { Ports } from "../context.ts";
import { oncePer } from "../engine/once-per.ts";
import { type PublishPorts, publish } from "../events/publish.ts";
import { TidewireError } from "../kernel/errors.ts";
import type { Connector, EventRule, InboundRule } from "../manifest/connector.ts";
import { compilePayload, type Payload } from "../manifest/payload.ts";
import { connectorNamed, inboundEvent } from "../manifest/triggers.ts";
import type { Connection } from "../model/connection.ts";
import { readEvent } from "./read-event.ts";
import { type Incoming, isProven } from "./verify.ts";

/** A connection whose provider sends webhooks, with what proves that they are its own. */
export interface InboundAddress {
  connector: Connector;
  rule: InboundRule;
  connection: Connection;
  keys: KeyObject[];
}

const payloadOf = oncePer<EventRule, Payload>();

/**
 * Who is meant by `/inbound/{connector}/{connection}` (a connection's name or id), in whatever state the connection is: what
 * happened, happened. Throws `not_found`, the same whatever is not there, and `credential_missing`.
 */
export async function inboundAddress(
  { connectors, store, vault }: Pick<Ports, "connectors" | "store" | "vault">,
  handle: string,
  ref: string,
): Promise<InboundAddress> {
  const connector = connectorNamed(connectors, handle);
  const connection = connector?.inbound ? await connectionNamed(store, connector.handle, ref) : null;
  if (!connector?.inbound || !connection) {
    throw new TidewireError("not_found", "There is no connection at this address that takes webhooks.");
  }
  const { inbound: rule } = connector;
  const keys = inboundKeys(rule, openCredentials(vault, connection));
  if (keys.length > 0) return { connector, rule, connection, keys };
  const message = `This connection has no signing secret yet: set its credential "${rule.secret}" in Tidewire.`;
  throw new TidewireError("credential_missing", message);
}

/**
 * Tells what a provider's webhook says, like any other event: it is durable, with the work to deliver it, when it resolves. One that was
 * told before is `repeated` and told no more. Nothing is parsed or written before the signature is known to hold. Throws
 * `signature_invalid`, then what `readEvent` throws, and `invalid_input` for a type that no event of the manifest takes.
 */
export async function takeInbound(
  ports: PublishPorts,
  { connector, rule, connection, keys }: InboundAddress,
  incoming: Incoming,
): Promise<"stored" | "repeated"> {
  const now = ports.clock.now();
  if (!isProven(rule, keys, incoming, now)) {
    throw new TidewireError("signature_invalid", "This webhook is not proven to be the provider's own, now.");
  }
  const { key, type, record } = readEvent(rule, incoming);
  const found = inboundEvent(connector, type);
  if (found === null) throw new TidewireError("invalid_input", "No event of this connector is of this type.");
  const { event, resource } = found;
  const id = ports.newId("evt");
  await publish(ports, [
    {
      id,
      type: event.type,
      timestamp: now,
      connector: connector.handle,
      connectionId: connection.id,
      connection: connection.name,
      resource: resource.handle,
      data: payloadOf(event, () => compilePayload(event.payload))(record, now),
      previous: undefined,
      dedupeKey: JSON.stringify(["inbound", connection.id, key]),
    },
  ]);
  return (await ports.store.events.get(id)) === null ? "repeated" : "stored";
}
