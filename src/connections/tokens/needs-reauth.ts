import type { Ports } from "../../context.ts";
import { operationalEvent } from "../../events/operational.ts";
import { publish } from "../../events/publish.ts";
import type { Connection } from "../../model/connection.ts";

export type ReauthPorts = Pick<Ports, "store" | "clock" | "newId" | "config" | "log">;

/**
 * Marks a connection, and its pollers, that can do nothing before somebody mends its credentials, and tells it once. The mark
 * comes last: what a crash cuts short is done again, and the event's key keeps it from being told twice.
 */
export async function markNeedsReauth(
  ports: ReauthPorts,
  connection: Connection,
  error: string,
  patch: Partial<Omit<Connection, "id">>,
): Promise<void> {
  const { store, clock, log } = ports;
  const { id, name } = connection;
  if (connection.state === "active") {
    log.warn({ connection: name, error }, "connection needs to be authorized again");
    const about = { key: `${id}:${connection.updatedAt}`, connection: { id, name } };
    const data = { connection: id, poller: null, error };
    await publish(ports, [operationalEvent(ports, "tidewire.connection.needs_reauth", data, about)]);
    const pollers = (await store.pollers.all()).filter((poller) => poller.connectionId === id);
    for (const { id: poller, state } of pollers)
      if (state === "active") await store.pollers.update(poller, { state: "needs_reauth" });
  }
  await store.connections.update(id, { ...patch, state: "needs_reauth", updatedAt: clock.now() });
}
