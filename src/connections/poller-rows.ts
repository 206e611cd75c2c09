import type { NewId } from "../kernel/ids.ts";
import type { Connector, Resource } from "../manifest/connector.ts";
import { fingerprintPrint, keyPrint, pollersOf } from "../manifest/triggers.ts";
import { variablesIn } from "../manifest/variables.ts";
import type { Connection } from "../model/connection.ts";
import type { StoredPoller } from "../model/poller.ts";

/**
 * The pollers that a connection lacks, due at once: all of a new connection, those that a changed manifest or a new credential
 * added for an old one. A resource whose credential is optional and not set is not polled.
 */
export function missingPollers(
  connector: Connector,
  connection: Pick<Connection, "id" | "credentialFields">,
  existing: readonly Pick<StoredPoller, "resource" | "name">[],
  now: number,
  newId: NewId,
): StoredPoller[] {
  const has = new Set(existing.map((poller) => `${poller.resource} ${poller.name}`));
  return pollersOf(connector)
    .filter(({ resource, poller }) => !has.has(`${resource.handle} ${poller.name}`))
    .filter(({ resource, poller }) => isReachable(connector, resource, poller.operation, connection))
    .map(({ resource, poller }) => ({
      id: newId("pol"),
      connectionId: connection.id,
      connector: connector.handle,
      resource: resource.handle,
      name: poller.name,
      state: "active",
      version: 0,
      generation: 1,
      keyPrint: keyPrint(resource),
      fingerprintPrint: fingerprintPrint(resource, poller),
      items: 0,
      held: 0,
      baselinedAt: null,
      lastStartedAt: null,
      lastSuccessAt: null,
      lastCompleteAt: null,
      consecutiveFailures: 0,
      lastError: null,
      nextRunAt: now,
      createdAt: now,
    }));
}

function isReachable(
  connector: Connector,
  resource: Resource,
  operation: string,
  { credentialFields }: Pick<Connection, "credentialFields">,
): boolean {
  const auth = connector.auths[resource.operations[operation]?.auth ?? resource.auth];
  if (!auth?.optional) return true;
  return variablesIn(auth.value).every((field) => credentialFields.includes(field));
}
