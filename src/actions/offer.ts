import { holdsCredential } from "../connections/holds.ts";
import { meantConnections } from "../connections/resolve.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Connector } from "../manifest/connector.ts";
import type { Actor } from "../model/actor.ts";
import { describeConnector } from "./describe.ts";
import type { ActionPorts } from "./run.ts";

/**
 * A connector as this caller may use it: an operation is `available` when a connection that is meant (the one named, else the
 * one that is taken without a name) holds the credential it needs; while there is none, when any would.
 * Throws `not_found` for a connection that is not there.
 */
export async function offerConnector(
  ports: Pick<ActionPorts, "store">,
  actor: Actor,
  connector: Connector,
  connection?: string,
): Promise<JsonObject> {
  const meant = await meantConnections(ports, connector, connection, actor);
  if (meant.length === 0) return describeConnector(connector, (auth) => connector.auths[auth]?.optional !== true);
  return describeConnector(connector, (auth) => meant.some((one) => holdsCredential(connector, auth, one)));
}
