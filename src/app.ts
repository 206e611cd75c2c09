import type { Hono } from "hono";
import type { DestinationStream } from "pino";
import { createAuthenticate, ROOT_KEY_ID } from "./access/authenticate.ts";
import { type Keyring, loadKeyring } from "./access/keyring.ts";
import { BUILT_IN, catalogOf } from "./catalog.ts";
import { type Config, readConfig } from "./config.ts";
import { ensureConnection, ensurePollers } from "./connections/ensure.ts";
import { connectionsOfEnvironment } from "./connections/environment.ts";
import type { Ports } from "./context.ts";
import { followersOf } from "./events/followers.ts";
import { type InProcess, inProcess } from "./in-process.ts";
import type { StartCron } from "./jobs/cron.ts";
import { createEmbeddedJobs } from "./jobs/embedded.ts";
import { type Clock, systemClock } from "./kernel/clock.ts";
import { TidewireError } from "./kernel/errors.ts";
import { newId } from "./kernel/ids.ts";
import { createLog } from "./kernel/log.ts";
import { type Random, systemRandom } from "./kernel/random.ts";
import { createVault } from "./kernel/vault.ts";
import { loadConnectors } from "./manifest/load.ts";
import type { Lookup } from "./net/connector.ts";
import { createTargetPolicy } from "./net/guard.ts";
import { createHttp } from "./net/http.ts";
import { meteredHttp, meteredStore } from "./observe/metered.ts";
import { createMeters, type Meters } from "./observe/meters.ts";
import { createMetrics } from "./observe/metrics.ts";
import { createReadiness } from "./observe/readiness.ts";
import { connectorPaths, databasePath, namedDatabasePath } from "./paths.ts";
import { type BesideSandbox, besideSandbox } from "./sandbox-beside.ts";
import type { Store } from "./store/contract.ts";
import { patient } from "./store/patient.ts";
import { openSqliteStore } from "./store/sqlite.ts";
import type { Env } from "./surfaces/http/caller.ts";
import { createHttpApp } from "./surfaces/http/server.ts";
import { removeLeftUploads } from "./surfaces/http/upload-folder.ts";
import { stopSweeps } from "./triggers/sweeps.ts";
import { addWorkers } from "./worker.ts";

export interface TidewireOptions {
  /** The settings (CONTRACT: Environment); the process's own environment is not read. */
  env?: Record<string, string | undefined>;
  clock?: Clock;
  random?: Random;
  /** Finds the addresses of subscribers and providers, which are judged all the same; the system's resolver unless told. */
  lookup?: Lookup;
  /** Where the ticks of schedules come from; the system's clock unless told. */
  startCron?: StartCron;
  /** Where log lines go; standard error unless told. */
  logTo?: DestinationStream;
}

/** The whole product in one process. */
export interface Tidewire extends InProcess {
  /** A Hono app: mount it, or give its `fetch` to a server. */
  readonly app: Hono<Env>;
  readonly config: Config;
  readonly keyring: Keyring;
  /** Address of the sandbox that stands in; null when there is none. Known after `start`. */
  readonly sandboxUrl: string | null;
  readonly connectors: Ports["connectors"];
  /** Makes the connections that the settings ask for. `start` does it too. */
  prepare(): Promise<void>;
  /** Begins to poll and deliver, once; removes what a killed process left of uploads. Throws `unavailable` after `stop`. */
  start(): Promise<void>;
  /** Ends the streams of events, and begins no more: their readers come again, to the next process. `stop` does it too. */
  endStreams(): void;
  /** Ends what runs (within 10 s) and lets go of the database, once. */
  stop(): Promise<void>;
}

const STOP_GRACE_MS = 10_000;

/**
 * Puts the product together: this is the one file that names backends. Throws `config_invalid`, `manifest_invalid` with every
 * mistake at once, `database_locked`, `database_full`, `database_busy`, `database_unwritable` and `vault_key_wrong`; nothing is left
 * half open then.
 */
export async function createTidewire(options: TidewireOptions = {}): Promise<Tidewire> {
  const env = options.env ?? {};
  const config = readConfig(env);
  const { connectors } = loadConnectors(connectorPaths(config));
  const path = databasePath(config);
  const keyring = loadKeyring(config, path, namedDatabasePath(config));
  const store = await openSqliteStore({ path, clock: options.clock });
  const wantedConnections = connectionsOfEnvironment(connectors, env, ROOT_KEY_ID);
  const hasAccount = wantedConnections.length > 0;
  const { ports, meters, sandbox, close } = await openPorts(options, {
    config,
    connectors,
    keyring,
    store,
    hasAccount,
  });
  addWorkers(ports);
  const endStreams = () => followersOf(ports.store).end();
  const prepare = async () => {
    await sandbox.start(ports);
    for (const wanted of wantedConnections) await ensureConnection(ports, wanted);
    await ensurePollers(ports);
  };
  const start = async () => {
    await removeLeftUploads(ports.clock.now()).catch((err: unknown) => {
      ports.log.warn({ err }, "what was left of uploads could not be removed");
    });
    await prepare();
    await ports.jobs.start();
  };
  const stop = async () => {
    endStreams();
    await ports.jobs.stop(STOP_GRACE_MS);
    await stopSweeps(ports);
    await close();
  };
  return {
    app: createHttpApp({
      ports,
      routes: BUILT_IN,
      catalog: () => catalogOf(connectors),
      authenticate: createAuthenticate(ports, keyring.rootKey),
      readiness: createReadiness(ports, () => sandbox.url),
      metrics: createMetrics(ports, meters),
      meters,
    }),
    config,
    keyring,
    connectors,
    get sandboxUrl() {
      return sandbox.url;
    },
    prepare,
    endStreams,
    ...onceEach(start, stop),
    ...inProcess(ports),
  };
}

/** Begins once and ends once, whoever asks how often; what has ended does not begin again. */
function onceEach(start: () => Promise<void>, stop: () => Promise<void>): Pick<Tidewire, "start" | "stop"> {
  let started: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  return {
    async start() {
      if (stopped) throw new TidewireError("unavailable", "This Tidewire was stopped; make another one.");
      started ??= start();
      await started;
    },
    async stop() {
      stopped ??= Promise.allSettled([started]).then(stop);
      await stopped;
    },
  };
}

interface Settled {
  config: Config;
  connectors: Ports["connectors"];
  keyring: Keyring;
  store: Store;
  /** The environment gives a real credential. */
  hasAccount: boolean;
}

interface Opened {
  ports: Ports;
  meters: Meters;
  sandbox: BesideSandbox;
  close: () => Promise<void>;
}

async function openPorts(options: TidewireOptions, settled: Settled): Promise<Opened> {
  const { config, connectors, keyring, store, hasAccount } = settled;
  const clock = options.clock ?? systemClock;
  const log = createLog(config.LOG_LEVEL, options.logTo);
  const targetPolicy = createTargetPolicy({ allowed: config.TIDEWIRE_ALLOWED_TARGETS, code: "invalid_target" });
  const upstreamPolicy = createTargetPolicy({ allowed: config.TIDEWIRE_ALLOWED_UPSTREAMS, code: "invalid_upstream" });
  const way = { proxy: config.TIDEWIRE_OUTBOUND_PROXY, lookup: options.lookup };
  const targets = createHttp({ ...way, policy: targetPolicy });
  const upstream = createHttp({ ...way, policy: upstreamPolicy });
  const sandbox = besideSandbox(config, clock, upstream.http, hasAccount);
  const random = options.random ?? systemRandom;
  const meters = createMeters();
  const vault = createVault([keyring.vaultKey]);
  const ports: Ports = {
    config,
    clock,
    random,
    log,
    vault,
    store: meteredStore(patient(store, { clock, log }), meters),
    connectors,
    targetPolicy,
    upstreamPolicy,
    targets: targets.http,
    upstream: meteredHttp(sandbox.http, meters),
    newId: (prefix) => newId(prefix, clock.now()),
    jobs: createEmbeddedJobs({ store: store.jobs, clock, log, startCron: options.startCron }),
    bootId: newId("req", clock.now()),
  };
  const close = async () => {
    await Promise.all([targets.close(), upstream.close(), sandbox.stop()]);
    await ports.store.close();
  };
  await checkVault(ports).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { ports, meters, sandbox, close };
}

/** A wrong vault key is found at start, not when the first credential is needed. */
async function checkVault({ store, vault }: Pick<Ports, "store" | "vault">): Promise<void> {
  const setting = "vault.check";
  const sealed = await store.settings.get(setting);
  if (sealed === null) await store.settings.set(setting, vault.seal(setting, setting));
  else vault.open(sealed, setting);
}
