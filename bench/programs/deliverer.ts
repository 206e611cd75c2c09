import { readConfig } from "../../src/config.ts";
import type { Ports } from "../../src/context.ts";
import { publish } from "../../src/events/publish.ts";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { systemClock as clock } from "../../src/kernel/clock.ts";
import { newId as makeId } from "../../src/kernel/ids.ts";
import { createLog } from "../../src/kernel/log.ts";
import { systemRandom } from "../../src/kernel/random.ts";
import { createVault, newVaultKey } from "../../src/kernel/vault.ts";
import type { NewEvent } from "../../src/model/event.ts";
import type { Subscription } from "../../src/model/subscription.ts";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp } from "../../src/net/http.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { addWorkers } from "../../src/worker.ts";
import { EVENT_TYPE, payload } from "../event.ts";
import { obey } from "./obey.ts";

/** The product of D1: its store on a file, its jobs, its delivery workers and its guarded way out, as app.ts puts them together. */
const SUBSCRIPTIONS = 32;
/** As many events as a poll finds on a page. */
const PAGE = 100;

interface Task {
  url: string;
  secret: string;
  count: number;
}

async function open(path: string): Promise<Ports> {
  const config = readConfig({ TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1", LOG_LEVEL: "info" });
  const policy = createTargetPolicy({ allowed: config.TIDEWIRE_ALLOWED_TARGETS, code: "invalid_target" });
  const log = createLog(config.LOG_LEVEL);
  const { http } = createHttp({ policy });
  const store = await openSqliteStore({ path });
  const newId: Ports["newId"] = (prefix) => makeId(prefix, clock.now());
  const ports: Ports = {
    config,
    clock,
    random: systemRandom,
    newId,
    log,
    vault: createVault([newVaultKey()]),
    store,
    jobs: createEmbeddedJobs({ store: store.jobs, clock, log }),
    upstream: http,
    targets: http,
    targetPolicy: policy,
    upstreamPolicy: policy,
    connectors: [],
    bootId: newId("req"),
  };
  addWorkers(ports);
  await ports.jobs.start();
  return ports;
}

let ports: Ports | null = null;
let told = 0;

async function prepare({ path, url, secret }: { path: string; url: string; secret: string }): Promise<void> {
  ports = await open(path);
  for (let n = 0; n < SUBSCRIPTIONS; n++) await ports.store.subscriptions.create(subscription(ports, n, url, secret));
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

/** Each event is of one connection, and each subscription of another: an event has one delivery. */
function event({ newId }: Ports, n: number): NewEvent {
  return {
    id: newId("evt"),
    type: EVENT_TYPE,
    timestamp: clock.now(),
    connector: "claude-api",
    connectionId: `con_${n % SUBSCRIPTIONS}`,
    connection: "default",
    resource: "files",
    data: payload(n),
    previous: undefined,
    dedupeKey: `bench:${n}`,
  };
}

function subscription({ newId, vault }: Ports, n: number, url: string, secret: string): Subscription {
  const id = newId("sub");
  return {
    id,
    owner: "key_root",
    url: `${url}/hook`,
    events: ["files.*"],
    connectionId: `con_${n}`,
    ownerConnections: null,
    filter: null,
    format: "standard",
    template: null,
    secrets: [{ sealed: vault.seal(secret, id), until: null }],
    sealedHeaders: null,
    headerNames: [],
    maxInFlight: 10,
    rateLimit: null,
    ordered: false,
    orderingKey: null,
    timeoutMs: 15_000,
    retrySchedule: null,
    status: "active",
    reason: null,
    holdUntil: null,
    failingSince: null,
    consecutiveFailures: 0,
    warned: 0,
    expiresAt: null,
    description: null,
    tags: [],
    createdAt: clock.now(),
    resumedAt: null,
    updatedAt: clock.now(),
  };
}

obey({ prepare, deliver });
