import "../as-product.ts";
import { setTimeout as rest } from "node:timers/promises";
import type { Ports } from "../../src/context.ts";
import { publish } from "../../src/events/publish.ts";
import { eventOf, openDelivery, subscriptionTo } from "../delivery.ts";
import { atRate } from "../pace.ts";
import { sharedMs } from "../shared-clock.ts";
import { obey } from "./obey.ts";

/** The product of D2 and D3. Each event is of one account, and each subscription of another: an event has one delivery. */
const SUBSCRIPTIONS = 32;

/** When each event was told, before its commit, by the clock that processes share. */
type ToldAt = Record<string, number>;

let ports: Ports | null = null;
let told = 0;

async function prepare({ path, url, secret }: { path: string; url: string; secret: string }): Promise<void> {
  ports = await openDelivery(path);
  for (let n = 0; n < SUBSCRIPTIONS; n++) {
    await ports.store.subscriptions.create(
      subscriptionTo(ports, { url: `${url}/hook`, secret, connectionId: `con_${n}` }),
    );
  }
}

async function tell(count: number, toldAt: ToldAt): Promise<void> {
  if (ports === null) throw new Error("prepare it first");
  const to = ports;
  const events = Array.from({ length: count }, () => eventOf(to, told, `con_${told++ % SUBSCRIPTIONS}`));
  const at = sharedMs();
  for (const { id } of events) toldAt[id] = at;
  await publish(to, events);
}

/** One at a time, with a rest after each: nothing else is under way. */
async function idle({ count, restMs }: { count: number; restMs: number }): Promise<ToldAt> {
  const toldAt: ToldAt = {};
  for (let n = 0; n < count; n++) {
    await tell(1, toldAt);
    await ports?.jobs.drain();
    await rest(restMs);
  }
  return toldAt;
}

/** As fast as they are stored; how many a second were delivered. */
async function flood({ count, page }: { count: number; page: number }): Promise<number> {
  const startedAt = performance.now();
  for (let n = 0; n < count; n += page) await tell(page, {});
  await ports?.jobs.drain();
  return (1_000 * count) / (performance.now() - startedAt);
}

async function drip(rate: { perSecond: number; seconds: number }): Promise<ToldAt> {
  const toldAt: ToldAt = {};
  await atRate(rate, (count) => tell(count, toldAt));
  await ports?.jobs.drain();
  return toldAt;
}

obey({ prepare, idle, flood, drip });
