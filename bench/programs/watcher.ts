import "../as-product.ts";
import { setTimeout as rest } from "node:timers/promises";
import { ensureConnection } from "../../src/connections/ensure.ts";
import type { Ports } from "../../src/context.ts";
import { nextRun } from "../../src/triggers/schedule.ts";
import { sweepsDone } from "../../src/triggers/sweeps.ts";
import { addWorkers } from "../../src/worker.ts";
import { cpuOf } from "../cpu.ts";
import { subscriptionTo } from "../delivery.ts";
import { openPorts } from "../ports.ts";
import { EVERY_MS, harbourConnector } from "../small-lists.ts";
import { obey } from "./obey.ts";

/** The product of P4: many connections with five lists each, looked at as they fall due. */
let ports: Ports | null = null;

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

/** Makes the connections, each with somebody who wants its events, and waits until every list was looked at. */
async function open({ path, url, connections }: { path: string; url: string; connections: number }): Promise<void> {
  const its = await openPorts(path, { connectors: [harbourConnector()] });
  ports = its;
  const params = { baseUrl: `${url}/v1` };
  for (let n = 0; n < connections; n++) {
    const credentials = { apiKey: `key-${n}` };
    const wanted = { connector: "harbour", name: `account-${n}`, credentials, params, owner: "key_root" };
    const { id: connectionId } = await ensureConnection(its, wanted);
    const subscription = subscriptionTo(its, { url, secret: SECRET, connectionId });
    await its.store.subscriptions.create({ ...subscription, events: ["*"] });
  }
  addWorkers(its);
  await its.jobs.start();
  while ((await its.store.pollers.all()).some(({ baselinedAt }) => baselinedAt === null)) await rest(250);
  await sweepsDone(its);
}

/** Lets it work for some seconds: the CPU of it in ms, its sweeps and how late the latest and the median of them were, in ms. */
async function watch(seconds: number) {
  if (ports === null) throw new Error("open it first");
  const its = ports;
  const from = Date.now();
  const cpuMs = await cpuOf(() => rest(seconds * 1_000));
  const to = Date.now();
  const late: number[] = [];
  let failed = 0;
  for (const { id } of await its.store.pollers.all()) {
    for (const sweep of await its.store.pollers.sweeps(id, 3)) {
      if (sweep.startedAt < from || sweep.startedAt >= to) continue;
      failed += Number(!sweep.complete || sweep.events > 0);
      late.push(sweep.startedAt - (nextRun({ everyMs: EVERY_MS }, id, sweep.startedAt) - EVERY_MS));
    }
  }
  late.sort((a, b) => a - b);
  return { cpuMs, sweeps: late.length, failed, medianLateMs: late[late.length >> 1], mostLateMs: late.at(-1) };
}

obey({ open, watch, close: () => ports?.store.close() });
