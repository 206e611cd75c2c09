import { holdsCredential } from "../connections/holds.ts";
import { meantConnections } from "../connections/resolve.ts";
import type { Context } from "../context.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Connector } from "../manifest/connector.ts";
import { describeConnector } from "./describe.ts";

/**
 * A connector as this caller may use it: an operation is `available` when a connection that is meant (the one named, else the
 * one that is taken without a name) holds the credential it needs; while there is none, when any would.
 * Throws `not_found` for a connection that is not there.
 */
export async function offerConnector(
  { ports, actor, surface }: Pick<Context, "ports" | "actor" | "surface">,
  connector: Connector,
  connection?: string,
): Promise<JsonObject> {
  const meant = await meantConnections(ports, connector, connection, actor);
  if (meant.length === 0)
    return describeConnector(connector, surface, (auth) => connector.auths[auth]?.optional !== true);
  return describeConnector(connector, surface, (auth) => meant.some((one) => holdsCredential(connector, auth, one)));
}
