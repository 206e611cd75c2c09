import type { Database as Client } from "better-sqlite3";
import { readConfig } from "../../../src/config.ts";
import { ensureConnection } from "../../../src/connections/ensure.ts";
import type { Ports } from "../../../src/context.ts";
import { createEmbeddedJobs } from "../../../src/jobs/embedded.ts";
import { newId } from "../../../src/kernel/ids.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { createVault, newVaultKey } from "../../../src/kernel/vault.ts";
import type { Connector } from "../../../src/manifest/connector.ts";
import type { Sweep } from "../../../src/model/poller.ts";
import { createTargetPolicy } from "../../../src/net/guard.ts";
import type { Http } from "../../../src/net/port.ts";
import type { CommitResult, PollCommit } from "../../../src/store/acts.ts";
import { sqliteDialect } from "../../../src/store/sqlite-dialect.ts";
import { createStore } from "../../../src/store/store.ts";
import { commands } from "../../../src/triggers/commands.ts";
import { stopSweeps, sweepNow } from "../../../src/triggers/sweeps.ts";
import { replyOf } from "../../support/call-command.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import type { Deed } from "./observer.ts";

/** What a process has around it, and what outlives it. */
export interface Surroundings {
  client: Client;
  clock: ManualClock;
  connector: Connector;
  /** Every request to the provider. */
  upstream: (request: Parameters<Http>[0], process: Mortal) => ReturnType<Http>;
  /** Every commit that concerns the poller. */
  commit: (commit: PollCommit, process: Mortal, write: () => Promise<CommitResult>) => Promise<CommitResult>;
}

const LOG = createLog("silent");
const VAULT = createVault([newVaultKey()]);
const POLICY = createTargetPolicy({ allowed: ["127.0.0.1"], code: "invalid_upstream" });
const ROOT = { keyId: "key_1", name: "root", scopes: ["admin" as const], connections: null };

/** Never comes: what a process that died still waits for. */
const never = <T>() => new Promise<T>(() => undefined);
let boots = 0;

/** One run of the product's process over a database that outlives it. Once it is dead nothing of it goes on. */
export class Mortal {
  readonly ports: Ports;
  readonly #death = Promise.withResolvers<"dead">();
  #isDead = false;

  private constructor(ports: Ports) {
    this.ports = ports;
  }

  static async boot({ client, clock, connector, upstream, commit }: Surroundings): Promise<Mortal> {
    const store = await createStore(sqliteDialect(client, undefined, clock));
    const it = new Mortal({
      config: readConfig({}),
      clock,
      random: () => 0.5,
      newId: (prefix) => newId(prefix, clock.now()),
      log: LOG,
      vault: VAULT,
      store: {
        ...store,
        commitPoll: (act) => it.#lives(() => commit(act, it, () => store.commitPoll(act))),
      },
      jobs: createEmbeddedJobs({ store: store.jobs, clock, log: LOG }),
      upstream: (request) => it.#lives(() => upstream(request, it)),
      targets: () => Promise.reject(new Error("nothing is delivered here")),
      targetPolicy: POLICY,
      upstreamPolicy: POLICY,
      connectors: [connector],
      bootId: `boot_${++boots}`,
    });
    const credentials = { apiKey: "k" };
    await ensureConnection(it.ports, {
      connector: connector.handle,
      name: "default",
      credentials,
      params: {},
      owner: "key_1",
    });
    return it;
  }

  /** kill -9. */
  kill(): void {
    this.#isDead = true;
    this.#death.resolve("dead");
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** SIGTERM, as far as sweeps know: resolves when they have ended. */
  stop(): Promise<void> {
    return stopSweeps(this.ports);
  }

  async pollerId(): Promise<string> {
    const [poller] = await this.ports.store.pollers.all();
    if (!poller) throw new Error("there is no poller");
    return poller.id;
  }

  /** One sweep; `dead` when the process died meanwhile. Throws what could not be stored. */
  async sweep(): Promise<Sweep | "dead"> {
    const id = await this.pollerId();
    return Promise.race([sweepNow(this.ports, id), this.#death.promise]);
  }

  /** A person's word, by the API. */
  async do(deed: Deed): Promise<void> {
    const context = { ports: this.ports, actor: ROOT, requestId: "req_1", signal: new AbortController().signal };
    const done = replyOf(commands, `pollers.${deed}`, context, { id: await this.pollerId() });
    await Promise.race([done, this.#death.promise]);
  }

  async #lives<T>(act: () => Promise<T>): Promise<T> {
    if (this.#isDead) return never();
    const done = await act().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    if (this.#isDead) return never();
    if ("error" in done) throw done.error;
    return done.value;
  }
}
