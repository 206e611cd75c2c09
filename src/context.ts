import type { Config } from "./config.ts";
import type { JobEngine } from "./jobs/contract.ts";
import type { Clock } from "./kernel/clock.ts";
import type { NewId } from "./kernel/ids.ts";
import type { Log } from "./kernel/log.ts";
import type { Random } from "./kernel/random.ts";
import type { Vault } from "./kernel/vault.ts";
import type { Connector } from "./manifest/connector.ts";
import type { Actor } from "./model/actor.ts";
import type { Surface } from "./model/surface.ts";
import type { TargetPolicy } from "./net/guard.ts";
import type { Http } from "./net/port.ts";
import type { Store } from "./store/contract.ts";

/** Everything outside, as ports. Features take the few they need (`Pick<Ports, …>`), never all. */
export interface Ports {
  config: Config;
  clock: Clock;
  random: Random;
  newId: NewId;
  log: Log;
  vault: Vault;
  store: Store;
  jobs: JobEngine;
  /** The guarded way to providers. */
  upstream: Http;
  /** The guarded way to subscribers. */
  targets: Http;
  /** What a subscription's URL must keep to. */
  targetPolicy: TargetPolicy;
  /** What a connection's `baseUrl` must keep to. */
  upstreamPolicy: TargetPolicy;
  connectors: readonly Connector[];
  /** Id of this run of the process: what an earlier one left running has an unknown outcome. */
  bootId: string;
}

/** The ports plus the caller. */
export interface Context {
  ports: Ports;
  actor: Actor;
  requestId: string;
  /** By what the caller came; absent for a caller within the process. */
  surface?: Surface;
  /** Base of our own links, as the caller reached us; absent for a caller within the process. */
  baseUrl?: string;
  /** Aborted when the caller goes away. */
  signal: AbortSignal;
}
