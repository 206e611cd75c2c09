import { createHash } from "node:crypto";
import { authOf } from "../connections/withheld.ts";
import type { Ports } from "../context.ts";
import type { StoredPoller } from "../model/poller.ts";
import type { Subject } from "./subject.ts";

/**
 * The key of the alarm that a credential is refused: the same for all pollers that ask with it, until one of them succeeds or
 * another credential is given. So a refused credential is told once, and again when it had been good meanwhile.
 */
export async function refusedKey(
  { store }: Pick<Ports, "store">,
  { connection, ...subject }: Subject,
): Promise<string> {
  const auth = authOf(subject.resource, subject.poller);
  const asksWithIt = ({ connectionId, resource: handle, name }: StoredPoller) => {
    const resource = subject.connector.resources.find((one) => one.handle === handle);
    const poller = resource?.pollers[name];
    return connectionId === connection.id && resource && poller && authOf(resource, poller) === auth;
  };
  const pollers = (await store.pollers.all()).filter(asksWithIt);
  const goodAt = Math.max(0, ...pollers.map(({ lastSuccessAt }) => lastSuccessAt ?? 0));
  const version = createHash("sha256").update(connection.sealedCredentials).digest("hex").slice(0, 16);
  return `${connection.id}:${auth}:${version}:${goodAt}`;
}
