import type { Ports } from "../context.ts";
import { wants } from "../events/fan-out.ts";
import { followersOf } from "../events/followers.ts";
import { isWanted } from "../events/publish.ts";
import { dueNow } from "../model/poller.ts";
import type { Subscription } from "../model/subscription.ts";
import { type Subject, subjectOf } from "./subject.ts";

type WatchPorts = Pick<Ports, "store" | "clock" | "connectors" | "log">;

/** True when somebody wants an event of a poller: by a subscription, be it paused, or by following the log. */
export async function isWatched(ports: Pick<Ports, "store" | "clock">, subject: Subject): Promise<boolean> {
  for (const event of eventsOf(subject)) if (await isWanted(ports, event)) return true;
  return false;
}

/** From now on, a subscription that is made or changed, and whoever begins to follow, has what went slower without them swept at once. */
export function sweepWhenWatched(ports: WatchPorts): void {
  const { store, log } = ports;
  const wake = (isFor: (subject: Subject) => boolean) => {
    wakeSlowed(ports, isFor).catch((err: unknown) => log.error({ err }, "pollers could not be made due"));
  };
  store.subscriptions.onChanged((subscription) => wake((subject) => isForIt(subscription, subject)));
  const followers = followersOf(store);
  followers.onJoined(() => wake((subject) => eventsOf(subject).some((event) => followers.want(event))));
}

function isForIt(subscription: Subscription, subject: Subject): boolean {
  return eventsOf(subject).some((event) => wants(subscription, event));
}

function eventsOf({ connector, connection, compiled }: Subject) {
  return compiled.rules.map(({ type }) => ({ type, connector: connector.handle, connectionId: connection.id }));
}

async function wakeSlowed(ports: WatchPorts, isFor: (subject: Subject) => boolean): Promise<void> {
  const { store, clock } = ports;
  for (const poller of await store.pollers.all()) {
    if (poller.cadence !== "unwatched") continue;
    const subject = await subjectOf(ports, poller);
    if (subject !== null && isFor(subject)) await store.pollers.update(poller.id, dueNow(clock.now()));
  }
}
