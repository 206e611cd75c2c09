import { isWithheld } from "../connections/withheld.ts";
import type { Ports } from "../context.ts";
import { names } from "../events/pattern.ts";
import type { JsonObject } from "../kernel/json.ts";
import { eventsOf } from "../manifest/triggers.ts";
import type { StoredPoller } from "../model/poller.ts";
import type { Subscription } from "../model/subscription.ts";

type Asked = Pick<Subscription, "events" | "connectionId" | "ownerConnections">;

/** The pollers that feed a subscription and have no baseline yet: nothing of theirs is told before it. */
export async function pendingBaselines(
  { store, connectors }: Pick<Ports, "store" | "connectors">,
  asked: Asked,
): Promise<JsonObject[]> {
  const feeding = new Set(connectors.flatMap((connector) => feedersOf(connector, asked.events)));
  const pollers = (await store.pollers.all()).filter(
    (poller) => poller.baselinedAt === null && isVisible(poller, asked) && feeding.has(keyOf(poller)),
  );
  const connections = pollers.length > 0 ? await store.connections.all() : [];
  return pollers.flatMap((poller) => {
    const { id, connectionId, connector, resource, name } = poller;
    const connection = connections.find((one) => one.id === connectionId);
    if (isWithheld(connectors, poller, connection)) return [];
    return [{ id, connector, connection: connection?.name ?? connectionId, resource, name }];
  });
}

function isVisible({ connectionId }: StoredPoller, asked: Asked): boolean {
  if (asked.connectionId !== null) return connectionId === asked.connectionId;
  return asked.ownerConnections === null || asked.ownerConnections.includes(connectionId);
}

function feedersOf(connector: Ports["connectors"][number], patterns: readonly string[]): string[] {
  return eventsOf(connector).flatMap(({ resource, event }) => {
    const { source } = event;
    const isAsked = patterns.some((pattern) => names(pattern, { type: event.type, connector: connector.handle }));
    if (!isAsked || source.type !== "poll") return [];
    return [keyOf({ connector: connector.handle, resource: resource.handle, name: source.poller })];
  });
}

function keyOf({ connector, resource, name }: Pick<StoredPoller, "connector" | "resource" | "name">): string {
  return JSON.stringify([connector, resource, name]);
}
