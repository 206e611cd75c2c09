import type { Ports } from "../../context.ts";
import { mayHear, mayStillHear } from "../../events/audience.ts";
import { isFor, NO_CONNECTION } from "../../events/fan-out.ts";
import { names } from "../../events/pattern.ts";
import { encodeCursor } from "../../kernel/page.ts";
import type { DeliveryStatus } from "../../model/delivery.ts";
import type { StoredEvent } from "../../model/event.ts";
import type { Replay } from "../../model/replay.ts";
import type { Subscription } from "../../model/subscription.ts";
import type { Candidate } from "./resend.ts";

type Stores = Pick<Ports, "store">;

/** What a look found, the oldest first, and where the next one begins; null at the end. */
export interface Look {
  found: Candidate[];
  next: Pick<Replay, "source" | "after"> | null;
}

/** Events that one look reads; many of them may be on their way already. */
const WINDOW = 500;

/** Where a replay begins to look: what is missing has its place among the rest in the log only. */
export function startOf({ statuses }: Pick<Replay, "statuses">): Pick<Replay, "source" | "after"> {
  return { source: statuses.includes("missing") ? "events" : "deliveries", after: null };
}

/** The next `most` of what a replay means, as the subscription is now: what it does not ask for any more is left out. */
export function look(ports: Stores, replay: Replay, subscription: Subscription, most: number): Promise<Look> {
  const lookAt = replay.source === "deliveries" ? lookAtDeliveries : lookAtEvents;
  return lookAt(ports, replay, subscription, most);
}

async function lookAtDeliveries(
  { store }: Stores,
  replay: Replay,
  subscription: Subscription,
  most: number,
): Promise<Look> {
  const { subscriptionId, since, until, after } = replay;
  const statuses = replay.statuses.filter((status): status is DeliveryStatus & typeof status => status !== "missing");
  const types = replay.types && replay.types.map(withoutConnector);
  const cursor = after === null ? {} : { cursor: after };
  const page = await store.deliveries.ended({ subscriptionId, statuses, types, since, until, limit: most, ...cursor });
  const events = await store.events.load([...new Set(page.items.map(({ eventId }) => eventId))]);
  const found = page.items.flatMap((delivery) => {
    const event = events.get(delivery.eventId);
    return event ? [{ event, delivery }] : [];
  });
  const all = await store.subscriptions.all();
  return {
    found: found.filter(({ event }) => isMeant(replay, subscription, event) && mayStillHear(subscription, event, all)),
    next: page.nextCursor === null ? null : { source: "deliveries", after: page.nextCursor },
  };
}

async function lookAtEvents(
  { store }: Stores,
  replay: Replay,
  subscription: Subscription,
  most: number,
): Promise<Look> {
  const { since, until, after } = replay;
  const page = await store.events.list({
    order: "asc",
    connections: connectionsOf(subscription),
    ...(since === null ? {} : { since }),
    until,
    limit: WINDOW,
    ...(after === null ? {} : { cursor: after }),
  });
  const known = await store.deliveries.ofEvents(
    subscription.id,
    page.items.map(({ id }) => id),
  );
  const all = await store.subscriptions.all();
  const meant = page.items.flatMap((event): Candidate[] => {
    const delivery = known.get(event.id) ?? null;
    const hears = delivery ? mayStillHear : mayHear;
    const became = delivery?.status ?? "missing";
    const isAsked = replay.statuses.some((status) => status === became);
    return isAsked && isMeant(replay, subscription, event) && hears(subscription, event, all)
      ? [{ event, delivery }]
      : [];
  });
  const found = meant.slice(0, most);
  const last = meant.length > most ? found.at(-1) : undefined;
  const end = last === undefined ? page.nextCursor : encodeCursor(last.event.seq);
  return { found, next: end === null ? null : { source: "events", after: end } };
}

function isMeant({ types }: Replay, subscription: Subscription, event: StoredEvent): boolean {
  return isFor(subscription, event) && (types === null || types.some((pattern) => names(pattern, event)));
}

/** Ids of the connections whose events may come; null = all. */
function connectionsOf({ connectionId, ownerConnections }: Subscription): readonly string[] | null {
  if (connectionId !== null) return [connectionId, NO_CONNECTION];
  return ownerConnections && [...ownerConnections, NO_CONNECTION];
}

/** `claude-api/files.created` as deliveries know it: `files.created`. */
function withoutConnector(pattern: string): string {
  return pattern.slice(pattern.indexOf("/") + 1);
}
