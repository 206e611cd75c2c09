import { setImmediate } from "node:timers/promises";
import { isWithheld } from "../connections/withheld.ts";
import type { Ports } from "../context.ts";
import type { StoredPoller } from "../model/poller.ts";

/** A poller, and its connection's name; empty when that is gone. */
export interface ShownPoller {
  poller: StoredPoller;
  connection: string;
}

/** Pollers read at once. */
const PAGE = 200;

/** All pollers that `GET /v1/pollers` shows: none that rests. There may be thousands: others have their turn between two pages. */
export async function shownPollers({ store, connectors }: Pick<Ports, "store" | "connectors">): Promise<ShownPoller[]> {
  const connections = new Map((await store.connections.all()).map((one) => [one.id, one]));
  const all: ShownPoller[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.pollers.list({ limit: PAGE, connections: null, ...(cursor && { cursor }) });
    for (const poller of page.items) {
      const connection = connections.get(poller.connectionId);
      if (!isWithheld(connectors, poller, connection)) all.push({ poller, connection: connection?.name ?? "" });
    }
    cursor = page.nextCursor ?? undefined;
    await setImmediate();
  } while (cursor !== undefined);
  return all;
}
