import type { NewId } from "../kernel/ids.ts";
import type { Connector } from "../manifest/connector.ts";
import { keyPrint, pollersOf } from "../manifest/triggers.ts";
import type { Connection } from "../model/connection.ts";
import { dueNow, type StoredPoller } from "../model/poller.ts";
import { holdsCredential } from "./holds.ts";
import { authOf } from "./withheld.ts";

/**
 * The pollers that a connection lacks, due at once: all of a new connection, those that a changed manifest or a new credential
 * added for an old one. A resource whose credential is optional and not set, or not agreed to by a person yet, is not polled.
 */
export function missingPollers(
  connector: Connector,
  connection: Pick<Connection, "id" | "credentialFields" | "sealedTokens">,
  existing: readonly Pick<StoredPoller, "resource" | "name">[],
  now: number,
  newId: NewId,
): StoredPoller[] {
  const has = new Set(existing.map((poller) => `${poller.resource} ${poller.name}`));
  return pollersOf(connector)
    .filter(({ resource, poller }) => !has.has(`${resource.handle} ${poller.name}`))
    .filter(({ resource, poller }) => holdsCredential(connector, authOf(resource, poller), connection))
    .map(({ resource, poller }) => ({
      id: newId("pol"),
      connectionId: connection.id,
      connector: connector.handle,
      resource: resource.handle,
      name: poller.name,
      state: "active",
      version: 0,
      generation: 1,
      keyPrint: keyPrint(poller),
      pagesPrint: null,
      items: 0,
      held: 0,
      baselinedAt: null,
      lastStartedAt: null,
      lastSuccessAt: null,
      lastCompleteAt: null,
      consecutiveFailures: 0,
      lastError: null,
      ...dueNow(now),
      createdAt: now,
    }));
}
