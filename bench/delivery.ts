import { readConfig } from "../src/config.ts";
import type { Ports } from "../src/context.ts";
import { createEmbeddedJobs } from "../src/jobs/embedded.ts";
import { systemClock as clock } from "../src/kernel/clock.ts";
import { newId as makeId } from "../src/kernel/ids.ts";
import { createLog } from "../src/kernel/log.ts";
import { systemRandom } from "../src/kernel/random.ts";
import { createVault, newVaultKey } from "../src/kernel/vault.ts";
import type { NewEvent } from "../src/model/event.ts";
import type { Subscription } from "../src/model/subscription.ts";
import { createTargetPolicy } from "../src/net/guard.ts";
import { createHttp } from "../src/net/http.ts";
import type { Http } from "../src/net/port.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";
import { addWorkers } from "../src/worker.ts";
import { EVENT_TYPE, payload } from "./event.ts";

/**
 * The part of the product that delivers: its store on a file, its jobs, its delivery workers and its guarded way out, put
 * together as app.ts does. `around` may put something between the workers and the way out.
 */
export async function openDelivery(path: string, around: (http: Http) => Http = (http) => http): Promise<Ports> {
  const config = readConfig({ TIDEWIRE_ALLOWED_TARGETS: "127.0.0.0/8", LOG_LEVEL: "info" });
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
    targets: around(http),
    targetPolicy: policy,
    upstreamPolicy: policy,
    connectors: [],
    bootId: newId("req"),
  };
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
  return {
    id,
    owner: "key_root",
    url,
    events: ["files.*"],
    connectionId,
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
