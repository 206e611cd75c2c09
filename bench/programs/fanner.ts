import "../as-product.ts";
import type { Ports } from "../../src/context.ts";
import { publish } from "../../src/events/publish.ts";
import type { Http } from "../../src/net/port.ts";
import { eventOf, openDelivery, subscriptionTo } from "../delivery.ts";
import { obey } from "./obey.ts";

/** The product of D4: one event for many subscribers. */
const CONNECTION = "con_0";

interface Task {
  path: string;
  url: string;
  secret: string;
  subscribers: number;
}

let ports: Ports | null = null;
let told = 0;
let lastAnswerAt = 0;

/** Notes when an answer came. */
function watched(http: Http): Http {
  return async (request, signal) => {
    const answer = await http(request, signal);
    lastAnswerAt = performance.now();
    return answer;
  };
}

async function prepare({ path, url, secret, subscribers }: Task): Promise<void> {
  ports = await openDelivery(path, watched);
  for (let n = 0; n < subscribers; n++) {
    await ports.store.subscriptions.create(
      subscriptionTo(ports, { url: `${url}/hook/${n}`, secret, connectionId: CONNECTION }),
    );
  }
}

/** Tells one event; the time from before its commit until the last subscriber's answer. */
async function tell(): Promise<{ ms: number; cpuMs: number; pending: number }> {
  if (ports === null) throw new Error("prepare it first");
  const event = eventOf(ports, told++, CONNECTION);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await publish(ports, [event]);
  await ports.jobs.drain();
  const { user, system } = process.cpuUsage(cpu);
  const { pending } = await ports.store.deliveries.counts();
  return { ms: lastAnswerAt - startedAt, cpuMs: (user + system) / 1_000, pending };
}

obey({ prepare, tell });
