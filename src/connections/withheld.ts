import type { Connector, Poller, Resource } from "../manifest/connector.ts";
import type { StoredPoller } from "../model/poller.ts";
import { type Held, holdsCredential } from "./holds.ts";

type Named = Pick<StoredPoller, "connector" | "resource" | "name">;

/** The credential that a poller's list is asked with. */
export function authOf(resource: Resource, poller: Poller): string {
  return resource.operations[poller.operation]?.auth ?? resource.auth;
}

/**
 * True for a poller whose list takes an optional credential that its connection holds no more: it is not swept, and shown as
 * little as if it had never been made, but what it knows is kept.
 */
export function isWithheld(connectors: readonly Connector[], stored: Named, connection: Held | undefined): boolean {
  const connector = connectors.find(({ handle }) => handle === stored.connector);
  const resource = connector?.resources.find(({ handle }) => handle === stored.resource);
  const poller = resource?.pollers[stored.name];
  if (!connector || !resource || !poller || !connection) return false;
  const auth = authOf(resource, poller);
  return connector.auths[auth]?.optional === true && !holdsCredential(connector, auth, connection);
}
