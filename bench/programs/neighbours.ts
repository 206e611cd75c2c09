import "../as-product.ts";
import { setTimeout as rest } from "node:timers/promises";
import type { Ports } from "../../src/context.ts";
import { fanOut } from "../../src/events/fan-out.ts";
import { publish } from "../../src/events/publish.ts";
import { systemClock as clock } from "../../src/kernel/clock.ts";
import type { NewEvent } from "../../src/model/event.ts";
import type { Http } from "../../src/net/port.ts";
import { eventOf, openDelivery, subscriptionTo } from "../delivery.ts";
import { atRate } from "../pace.ts";
import { quantile } from "../statistics.ts";
import { obey } from "./obey.ts";

/** The product of D5: many subscribers, some of whom may be ill. */
interface Task {
  path: string;
  url: string;
  secret: string;
  healthy: number;
  /** Those that hang: where, and how many. */
  hanging: { url: string; count: number };
  /** One that refuses: where, and how many deliveries it has pending from the start. */
  dead: { url: string; pending: number };
}

/** As many events as a poll finds on a page. */
const PAGE = 100;
const DEAD = "con_dead";

let ports: Ports | null = null;
let accounts = 0;
let healthyUrl = "";
let told = 0;
/** When each event of this run was told, by id; those that were answered are not in it any more. */
const toldAt = new Map<string, number>();
let latencies: number[] = [];

function watched(http: Http): Http {
  return async (request, signal) => {
    const answer = await http(request, signal);
    if (request.url.startsWith(healthyUrl)) note(request.headers["webhook-id"] as string);
    return answer;
  };
}

function note(eventId: string): void {
  const at = toldAt.get(eventId);
  if (at === undefined) return;
  latencies.push(performance.now() - at);
  toldAt.delete(eventId);
}

async function prepare({ path, url, secret, healthy, hanging, dead }: Task): Promise<void> {
  ports = await openDelivery(path, watched);
  accounts = healthy + hanging.count;
  healthyUrl = url;
  for (let n = 0; n < accounts; n++) {
    const to = n < healthy ? url : hanging.url;
    await ports.store.subscriptions.create(
      subscriptionTo(ports, { url: `${to}/hook/${n}`, secret, connectionId: `con_${n}` }),
    );
  }
  if (dead.pending === 0) return;
  await ports.store.subscriptions.create(subscriptionTo(ports, { url: dead.url, secret, connectionId: DEAD }));
  for (let left = dead.pending; left > 0; left -= 1_000) await pileUp(ports, Math.min(left, 1_000));
}

async function pileUp(to: Ports, count: number): Promise<void> {
  const subscriptions = (await to.store.subscriptions.all()).filter(({ connectionId }) => connectionId === DEAD);
  const events = Array.from({ length: count }, () => eventOf(to, told++, DEAD));
  const plans = events.map((event) => fanOut(event, subscriptions, clock.now(), to.newId));
  await to.store.commitEvents({ told: plans, deliveries: [], jobs: [] });
}

/** Tells `count` events as fast as they are stored, and waits until the healthy have answered theirs. */
async function flood({ count }: { count: number }): Promise<{ ms: number; cpuMs: number; answered: number }> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  latencies = [];
  for (let n = 0; n < count; n += PAGE) await tellPage(PAGE);
  await allAnswered();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - startedAt, cpuMs: (user + system) / 1_000, answered: latencies.length };
}

/** Tells `perSecond` events a second for `seconds`; the time in which 99 of 100 healthy ones had theirs, from before its commit. */
async function drip(rate: { perSecond: number; seconds: number }): Promise<{ p99Ms: number }> {
  latencies = [];
  await atRate(rate, tellPage);
  await allAnswered();
  return { p99Ms: quantile(latencies, 0.99) };
}

async function tellPage(length: number): Promise<void> {
  if (ports === null) throw new Error("prepare it first");
  const to = ports;
  const events = Array.from({ length }, () => eventOf(to, told, `con_${told++ % accounts}`));
  const now = performance.now();
  const healthy = await healthyConnections(to);
  for (const { id } of events.filter(({ connectionId }) => healthy.has(connectionId))) toldAt.set(id, now);
  await publish(to, events satisfies NewEvent[]);
}

let known: Set<string> | null = null;
async function healthyConnections({ store }: Ports): Promise<Set<string>> {
  known ??= new Set(
    (await store.subscriptions.all())
      .filter(({ url }) => url.startsWith(healthyUrl))
      .map(({ connectionId }) => connectionId ?? ""),
  );
  return known;
}

async function allAnswered(): Promise<void> {
  while (toldAt.size > 0) await rest(1);
}

obey({ prepare, flood, drip });
