import { canonicalJson } from "../kernel/json.ts";
import type { Connector, CredentialField, EventRule, EventSource, Operation, Poller, Resource } from "./connector.ts";

/** Every event of a connector with the resource it is of. */
export function eventsOf(connector: Connector): { resource: Resource; event: EventRule }[] {
  return connector.resources.flatMap((resource) => resource.events.map((event) => ({ resource, event })));
}

/** The event of a type such as `files.created`; null when there is none. */
export function findEvent(connector: Connector, type: string): { resource: Resource; event: EventRule } | null {
  return eventsOf(connector).find(({ event }) => event.type === type) ?? null;
}

/** Every poller of a connector with the resource it sweeps. */
export function pollersOf(connector: Connector): { resource: Resource; poller: Poller }[] {
  return connector.resources.flatMap((resource) =>
    Object.values(resource.pollers).map((poller) => ({ resource, poller })),
  );
}

/** The events that one poller's sweeps feed. */
export function polledEventsOf(
  resource: Resource,
  poller: Poller,
): (EventRule & { source: Extract<EventSource, { type: "poll" }> })[] {
  return resource.events.filter(
    (event): event is EventRule & { source: Extract<EventSource, { type: "poll" }> } =>
      event.source.type === "poll" && event.source.poller === poller.name,
  );
}

/** The events that a run of this operation makes. */
export function actionEventsOf(resource: Resource, operation: Operation): EventRule[] {
  return resource.events.filter(({ source }) => source.type === "action" && source.operation === operation.name);
}

/** Every operation of a connector with its resource. */
export function operationsOf(connector: Connector): { resource: Resource; operation: Operation }[] {
  return connector.resources.flatMap((resource) =>
    Object.values(resource.operations).map((operation) => ({ resource, operation })),
  );
}

const named = new WeakMap<Connector, Map<string, { resource: Resource; operation: Operation }>>();

/** The operation of an id (`files.upload`) or of one of its aliases; null when there is none. */
export function findOperation(connector: Connector, name: string): { resource: Resource; operation: Operation } | null {
  let byName = named.get(connector);
  if (byName === undefined) {
    byName = new Map();
    for (const found of operationsOf(connector)) {
      for (const alias of found.operation.aliases) byName.set(alias.name, found);
      byName.set(found.operation.id, found);
    }
    named.set(connector, byName);
  }
  return byName.get(name) ?? null;
}

/** Everything a user may enter for a connection, over all credentials: a field that any of them requires is required. */
export function credentialFieldsOf(connector: Connector): CredentialField[] {
  const byName = new Map<string, CredentialField>();
  for (const field of Object.values(connector.auths).flatMap((auth) => auth.fields)) {
    const known = byName.get(field.name);
    byName.set(field.name, known ? { ...known, required: known.required || field.required } : field);
  }
  return [...byName.values()];
}

/** How a resource's items are told apart, as text: another one makes a new baseline. */
export function keyPrint(resource: Resource): string {
  return canonicalJson(resource.key);
}

/** What counts as a change of an item, as text: another one adopts new fingerprints in silence. */
export function fingerprintPrint(resource: Resource, poller: Poller): string {
  return canonicalJson(
    fingerprintFields(resource, poller).map(({ name, type, selector, alternatives }) => ({
      name,
      type,
      selector,
      alternatives,
    })),
  );
}

/** The fields whose change is a change: those that the poller names, else all that are not volatile. */
export function fingerprintFields(resource: Resource, poller: Poller): Resource["fields"] {
  const { fingerprint } = poller;
  return resource.fields.filter((field) => (fingerprint === null ? !field.volatile : fingerprint.includes(field.name)));
}
