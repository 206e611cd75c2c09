import { fanOut } from "../../src/events/fan-out.ts";
import { systemClock as clock } from "../../src/kernel/clock.ts";
import { eventOf, subscriptionTo } from "../delivery.ts";
import { openPorts } from "../ports.ts";
import { obey } from "./obey.ts";

/** Leaves a database behind in which deliveries are pending, as a server does that was killed. */
const SUBSCRIPTIONS = 100;
const CONNECTION = "con_0";
/** Events of one commit. */
const PAGE = 20;

interface Task {
  path: string;
  url: string;
  secret: string;
  pending: number;
}

/** Each event is for all subscriptions, whose URLs are `url/<n>`. */
async function pile({ path, url, secret, pending }: Task): Promise<void> {
  const ports = await openPorts(path);
  const { store, newId } = ports;
  for (let n = 0; n < SUBSCRIPTIONS; n++) {
    await store.subscriptions.create(subscriptionTo(ports, { url: `${url}/${n}`, secret, connectionId: CONNECTION }));
  }
  const subscriptions = await store.subscriptions.all();
  const events = pending / SUBSCRIPTIONS;
  for (let told = 0; told < events; told += PAGE) {
    const page = Array.from({ length: Math.min(PAGE, events - told) }, (_, n) => eventOf(ports, told + n, CONNECTION));
    const plans = page.map((event) => fanOut(event, subscriptions, clock.now(), newId));
    await store.commitEvents({ told: plans, deliveries: [], jobs: [] });
  }
  await store.close();
}

obey({ pile });
