import { z } from "zod";
import type { Ports } from "../context.ts";
import type { Worker } from "../jobs/contract.ts";
import type { NewEvent } from "../model/event.ts";
import { isExpired, type Subscription } from "../model/subscription.ts";
import type { CommitResult, ToldEvent } from "../store/acts.ts";
import { CHUNK, type EventAddress, type FanOutCursor, fanOut, nextChunk, wants } from "./fan-out.ts";
import { followersOf } from "./followers.ts";

export type PublishPorts = Pick<Ports, "store" | "clock" | "newId" | "config">;

/** Plans who is told of events that another commit will store (a poll's); `among` leaves out who may not be told. */
export async function planTold(
  ports: PublishPorts,
  events: readonly NewEvent[],
  among: (all: readonly Subscription[]) => readonly Subscription[] = (all) => all,
): Promise<ToldEvent[]> {
  if (events.length === 0) return [];
  const subscriptions = among(await ports.store.subscriptions.all());
  const now = ports.clock.now();
  return events.map((event) => fanOut(event, subscriptions, now, ports.newId, firstDelay(ports)));
}

/** Stores events with the work to deliver them; they are durable when it resolves. */
export async function publish(ports: PublishPorts, events: readonly NewEvent[]): Promise<CommitResult> {
  return ports.store.commitEvents({ told: await planTold(ports, events), deliveries: [], jobs: [] });
}

/**
 * True when a subscription asks for such an event, be it paused, or a feed is open that would tell it: the event of an action is
 * made only then. What a filter would say is not known before.
 */
export async function isWanted(ports: Pick<Ports, "store" | "clock">, event: EventAddress): Promise<boolean> {
  return (await wantedNow(ports))(event);
}

/** `isWanted` of many events, as it is now. */
export function wantedNow({ store, clock }: Pick<Ports, "store" | "clock">): Promise<(event: EventAddress) => boolean> {
  return store.subscriptions.all().then((all) => (event) => {
    if (followersOf(store).want(event)) return true;
    const now = clock.now();
    return all.some((subscription) => wants(subscription, event) && !isExpired(subscription, now));
  });
}

const CURSOR: z.ZodType<FanOutCursor> = z.object({
  event: z.string(),
  after: z.string(),
  toldAt: z.number(),
  made: z.number().default(CHUNK), // of a job that an earlier version made
});
const CONCURRENCY = 2;
const LEASE_MS = 60_000;

/** The worker of the queue `fan_out`: each job makes the next deliveries of an event, and the job after it. */
export function createFanOutWorker(ports: PublishPorts): Worker {
  const { store, clock, newId } = ports;
  return {
    concurrency: CONCURRENCY,
    leaseMs: LEASE_MS,
    async run(lease) {
      const cursor = CURSOR.parse(lease.payload);
      const event = await store.events.get(cursor.event);
      const subscriptions = event ? await store.subscriptions.all() : [];
      const chunk = event ? nextChunk(event, subscriptions, cursor, clock.now(), newId, firstDelay(ports)) : NOTHING;
      await store.commitEvents({ told: [], ...chunk, ...(event && { event }), lease });
    },
  };
}

/** An event that retention removed is told to nobody else. */
const NOTHING = { deliveries: [], jobs: [] };

function firstDelay({ config }: PublishPorts): number {
  return config.TIDEWIRE_RETRY_SCHEDULE[0] ?? 0;
}
