import "../as-product.ts";
import type { Ports } from "../../src/context.ts";
import { publish } from "../../src/events/publish.ts";
import type { NewEvent } from "../../src/model/event.ts";
import { eventOf, openDelivery, subscriptionTo } from "../delivery.ts";
import { obey } from "./obey.ts";

/** The product of D1. Each event is of one account, and each subscription of another: an event has one delivery. */
const SUBSCRIPTIONS = 32;
/** As many events as a poll finds on a page. */
const PAGE = 100;

interface Task {
  url: string;
  secret: string;
  count: number;
}

let ports: Ports | null = null;
let told = 0;

async function prepare({ path, url, secret }: { path: string; url: string; secret: string }): Promise<void> {
  ports = await openDelivery(path);
  for (let n = 0; n < SUBSCRIPTIONS; n++) {
    const aim = { url: `${url}/hook`, secret, connectionId: connectionOf(n) };
    await ports.store.subscriptions.create(subscriptionTo(ports, aim));
  }
}

/** Tells `count` events of one delivery each, and waits until the outcome of the last is durable. */
async function deliver({ count }: Task): Promise<{ ms: number; cpuMs: number; delivered: number; pending: number }> {
  if (ports === null) throw new Error("prepare it first");
  const before = await ports.store.deliveries.counts();
  const pages = pagesOf(ports, count);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  for (const page of pages) await publish(ports, page());
  await ports.jobs.drain();
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const after = await ports.store.deliveries.counts();
  return { ms, cpuMs: (user + system) / 1_000, delivered: after.delivered - before.delivered, pending: after.pending };
}

function pagesOf(ports: Ports, count: number): (() => NewEvent[])[] {
  const first = told;
  told += count;
  return Array.from({ length: Math.ceil(count / PAGE) }, (_, page) => () => {
    const length = Math.min(PAGE, count - page * PAGE);
    return Array.from({ length }, (_, n) => event(ports, first + page * PAGE + n));
  });
}

function event(ports: Ports, n: number): NewEvent {
  return eventOf(ports, n, connectionOf(n % SUBSCRIPTIONS));
}

function connectionOf(n: number): string {
  return `con_${n}`;
}

obey({ prepare, deliver });
