import { hash } from "node:crypto";
import { canonicalJson, type JsonObject } from "../kernel/json.ts";
import type {
  Alias,
  Connector,
  CredentialField,
  EventRule,
  EventSource,
  Field,
  Operation,
  Poller,
  Resource,
} from "./connector.ts";

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

/** An operation under one of its names. */
export interface NamedOperation {
  resource: Resource;
  operation: Operation;
  /** The shape of the arguments under that name; null = our own. */
  shape: Alias["input"];
}

const named = new WeakMap<Connector, Map<string, NamedOperation>>();

/**
 * The operation of an id (`files.upload`), of one of its aliases, or of a method and path (`GET /files/{file_id}`, with the base
 * URL's own path or without); null when there is none.
 */
export function findOperation(connector: Connector, name: string): NamedOperation | null {
  let byName = named.get(connector);
  if (byName === undefined) {
    byName = new Map(operationsOf(connector).flatMap((found) => namesOf(connector, found)));
    named.set(connector, byName);
  }
  return byName.get(name) ?? null;
}

/** The names of an operation, the strongest last: an alias of its own id is another shape under that name. */
function namesOf(
  connector: Connector,
  { resource, operation }: { resource: Resource; operation: Operation },
): [string, NamedOperation][] {
  const path = pathOf(resource, operation);
  const own = { resource, operation, shape: null };
  return [
    [`${operation.method} ${path}`, own],
    [`${operation.method} ${basePathOf(connector)}${path}`, own],
    [operation.id, own],
    ...operation.aliases.map(({ name, input }): [string, NamedOperation] => [name, { ...own, shape: input }]),
  ];
}

/** The path of the base URL itself: `/v1`; empty where a connection's settings decide it. */
export function basePathOf({ baseURL }: Connector): string {
  return URL.parse(baseURL)?.pathname.replace(/\/$/, "") ?? "";
}

/** The path of an operation below the base URL, its placeholders in braces: `/files/{file_id}`. */
export function pathOf(resource: Resource, operation: Operation): string {
  return `${resource.endpoint}${operation.path}`.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, "{$1}");
}

/** The connector of a handle or of one of its aliases; undefined when there is none. */
export function connectorNamed(connectors: readonly Connector[], name: string): Connector | undefined {
  return connectors.find(({ handle }) => handle === name) ?? connectors.find(({ aliases }) => aliases.includes(name));
}

/**
 * Everything a user may enter for a connection, over all credentials, and the secret of what comes in: a field that any of them
 * requires is required.
 */
export function credentialFieldsOf(connector: Connector): CredentialField[] {
  const byName = new Map<string, CredentialField>();
  const { inbound } = connector;
  const secret = inbound === null ? [] : [{ ...INBOUND_SECRET, name: inbound.secret }];
  for (const field of [...Object.values(connector.auths).flatMap((auth) => auth.fields), ...secret]) {
    const known = byName.get(field.name);
    byName.set(field.name, known ? { ...known, required: known.required || field.required } : field);
  }
  return [...byName.values()];
}

/** What a manifest need not say of the field that holds it. */
const INBOUND_SECRET: Omit<CredentialField, "name"> = {
  secret: true,
  required: false,
  description:
    "The secret with which the provider signs its own webhooks; while it is changed the old one too, on a line of its own.",
};

/** The event that the provider's own webhook of a type is, with its resource; null when none takes it. */
export function inboundEvent(connector: Connector, type: string): { resource: Resource; event: EventRule } | null {
  const taking = (name: string) =>
    eventsOf(connector).find(({ event: { source } }) => source.type === "inbound" && source.event === name) ?? null;
  return taking(type) ?? taking("*");
}

/** How a poller's items are told apart, as text: another one makes a new baseline. */
export function keyPrint({ key, forEach }: Pick<Poller, "key" | "forEach">): string {
  return canonicalJson(forEach === null ? key : { key, forEach: forEach.input });
}

/** What a stored page says of its items rests on all of this: with another text, every page is read anew. */
export function pagesPrint(resource: Resource, poller: Poller): string {
  const rests = [
    poller,
    resource.operations[poller.operation],
    canonicalJson(fingerprintFields(resource, poller).map(fieldPrint)),
    polledEventsOf(resource, poller).map(({ type, source }) => [type, source]),
  ];
  return hash("sha256", JSON.stringify(rests), "base64url");
}

/** What decides a field's value; scale and inner fields only where there are any, so that other fields keep their print. */
function fieldPrint({ name, type, selector, alternatives, scale, fields }: Field): JsonObject {
  return {
    name,
    type,
    selector,
    alternatives,
    ...(scale === 0 ? {} : { scale }),
    ...(fields === null ? {} : { fields: fields.map(fieldPrint) }),
  };
}

/** The fields whose change is a change: those that the poller names, else all that are not volatile. */
export function fingerprintFields(resource: Resource, poller: Poller): Resource["fields"] {
  const { fingerprint } = poller;
  return resource.fields.filter((field) => (fingerprint === null ? !field.volatile : fingerprint.includes(field.name)));
}
