import { readConfig } from "../src/config.ts";
import type { Ports } from "../src/context.ts";
import { createEmbeddedJobs } from "../src/jobs/embedded.ts";
import { systemClock as clock } from "../src/kernel/clock.ts";
import { newId as makeId } from "../src/kernel/ids.ts";
import { createLog } from "../src/kernel/log.ts";
import { systemRandom } from "../src/kernel/random.ts";
import { createVault } from "../src/kernel/vault.ts";
import { createTargetPolicy } from "../src/net/guard.ts";
import { createHttp } from "../src/net/http.ts";
import type { Http } from "../src/net/port.ts";
import { openSqliteStore } from "../src/store/sqlite.ts";

const VAULT_KEY = Buffer.alloc(32, 7).toString("base64");

interface Parts {
  connectors?: Ports["connectors"];
  /** Puts something between the workers and the way out to subscribers. */
  around?: (http: Http) => Http;
}

/** The machines of the product, put together as app.ts does, over a database in a file: no surface, and no worker yet. */
export async function openPorts(
  path: string,
  { connectors = [], around = (http) => http }: Parts = {},
): Promise<Ports> {
  const config = readConfig({ TIDEWIRE_ALLOWED_TARGETS: "127.0.0.0/8", LOG_LEVEL: "info" });
  const policy = createTargetPolicy({ allowed: config.TIDEWIRE_ALLOWED_TARGETS, code: "invalid_target" });
  const log = createLog(config.LOG_LEVEL, { write: () => undefined }); // made as ever, and thrown away
  const { http } = createHttp({ policy });
  const store = await openSqliteStore({ path });
  const newId: Ports["newId"] = (prefix) => makeId(prefix, clock.now());
  return {
    config,
    clock,
    random: systemRandom,
    newId,
    log,
    vault: createVault([VAULT_KEY]),
    store,
    jobs: createEmbeddedJobs({ store: store.jobs, clock, log }),
    upstream: http,
    targets: around(http),
    targetPolicy: policy,
    upstreamPolicy: policy,
    connectors,
    bootId: newId("req"),
  };
}
