import type { Ports } from "../src/context.ts";
import { systemClock as clock } from "../src/kernel/clock.ts";
import type { NewEvent } from "../src/model/event.ts";
import type { Subscription } from "../src/model/subscription.ts";
import type { Http } from "../src/net/port.ts";
import { addWorkers } from "../src/worker.ts";
import { subscription } from "../test/support/subscription.ts";
import { EVENT_TYPE, payload } from "./event.ts";
import { openPorts } from "./ports.ts";

/**
 * The part of the product that delivers: its store on a file, its jobs, its delivery workers and its guarded way out, put
 * together as app.ts does. `around` may put something between the workers and the way out.
 */
export async function openDelivery(path: string, around: (http: Http) => Http = (http) => http): Promise<Ports> {
  const ports = await openPorts(path, { around });
  addWorkers(ports);
  await ports.jobs.start();
  return ports;
}

/** The nth event, of the account with that id. */
export function eventOf({ newId }: Ports, n: number, connectionId: string): NewEvent {
  return {
    id: newId("evt"),
    type: EVENT_TYPE,
    timestamp: clock.now(),
    connector: "claude-api",
    connectionId,
    connection: "default",
    resource: "files",
    data: payload(n),
    previous: undefined,
    dedupeKey: `bench:${n}`,
  };
}

/** Where a subscription's webhooks go, and of which account they tell. */
export interface Aim {
  url: string;
  secret: string;
  connectionId: string;
}

/** A subscription to the events of one account. */
export function subscriptionTo({ newId, vault }: Ports, { url, secret, connectionId }: Aim): Subscription {
  const id = newId("sub");
  const secrets = [{ sealed: vault.seal(secret, id), until: null }];
  const times = { createdAt: clock.now(), updatedAt: clock.now() };
  return subscription({ id, owner: "key_root", url, events: ["files.*"], connectionId, secrets, ...times });
}
