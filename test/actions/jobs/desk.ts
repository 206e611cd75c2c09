import { commands as operations } from "../../../src/actions/commands.ts";
import { commands as jobs } from "../../../src/actions/jobs/commands.ts";
import { createRunWorker } from "../../../src/actions/jobs/worker.ts";
import { readConfig } from "../../../src/config.ts";
import { ensureConnection } from "../../../src/connections/ensure.ts";
import type { Context, Ports } from "../../../src/context.ts";
import { createEmbeddedJobs } from "../../../src/jobs/embedded.ts";
import { newId } from "../../../src/kernel/ids.ts";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { createLog } from "../../../src/kernel/log.ts";
import { createVault, newVaultKey } from "../../../src/kernel/vault.ts";
import type { AsyncSource } from "../../../src/manifest/schema/async.ts";
import { type Actor, SCOPES } from "../../../src/model/actor.ts";
import type { Lease } from "../../../src/model/job.ts";
import type { Reply } from "../../../src/model/reply.ts";
import { createTargetPolicy } from "../../../src/net/guard.ts";
import type { Store } from "../../../src/store/contract.ts";
import { openSqliteStore } from "../../../src/store/sqlite.ts";
import { replyOf, valueOf } from "../../support/call-command.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { TaskApi, taskConnector } from "./task-api.ts";

const ROOT: Actor = { keyId: "key_root", name: "root", scopes: SCOPES, connections: null };
const COMMANDS = [...operations, ...jobs];

/** Asynchronous runs over a store in memory and an API of tasks; jobs are run one by one, when the test says so. */
export class Desk {
  readonly clock: ManualClock;
  readonly api: TaskApi;
  readonly ports: Ports;

  private constructor(ports: Ports, clock: ManualClock, api: TaskApi) {
    this.ports = ports;
    this.clock = clock;
    this.api = api;
  }

  static async open(rule: Partial<AsyncSource> = {}): Promise<Desk> {
    const clock = new ManualClock();
    const api = new TaskApi();
    const log = createLog("silent", { write: () => undefined });
    const store = await openSqliteStore({ path: ":memory:" });
    const policy = createTargetPolicy({ allowed: [], code: "invalid_target" });
    const ports: Ports = {
      config: readConfig({}),
      clock,
      random: () => 0.5,
      newId: (prefix) => newId(prefix, clock.now()),
      log,
      vault: createVault([newVaultKey()]),
      store,
      jobs: createEmbeddedJobs({ store: store.jobs, clock, log }),
      upstream: api.http,
      targets: api.http,
      targetPolicy: policy,
      upstreamPolicy: policy,
      connectors: [taskConnector(rule)],
      bootId: "boot_1",
    };
    await ensureConnection(ports, {
      connector: "tasks-api",
      name: "default",
      credentials: { apiKey: "k" },
      params: {},
      owner: ROOT.keyId,
    });
    return new Desk(ports, clock, api);
  }

  /** Asks for an operation to be run; gives the job's id. */
  async ask(operation: string, input: JsonObject = {}): Promise<string> {
    const request = { connector: "tasks-api", operation, input, respond_async: true };
    return String((await this.#value("operations.run", request)).id);
  }

  job(id: string): Promise<JsonObject> {
    return this.#value("jobs.get", { id });
  }

  cancel(id: string): Promise<JsonObject> {
    return this.#value("jobs.cancel", { id });
  }

  /** The results as they come, once they are asked for. */
  results(id: string): Promise<Reply> {
    return replyOf(COMMANDS, "jobs.results", this.#context(), { id });
  }

  /** The job that is due now, if there is one. */
  async due(store: Store = this.ports.store): Promise<Lease | undefined> {
    for (const { group } of await store.jobs.groups("run")) {
      const [lease] = await store.jobs.due("run", group, this.clock.now(), 1);
      if (lease) return lease;
    }
    return undefined;
  }

  /** Takes the job that is due one step further. */
  async step(): Promise<void> {
    const lease = await this.due();
    if (!lease) throw new Error("nothing is due");
    await createRunWorker(this.ports).run(lease, new AbortController().signal);
  }

  /** When the next step is due, in seconds from now; null when there is none. */
  async nextDue(): Promise<number | null> {
    const [group] = await this.ports.store.jobs.groups("run");
    return group ? (group.dueAt - this.clock.now()) / 1_000 : null;
  }

  #value(name: string, input: JsonObject): Promise<JsonObject> {
    return valueOf(COMMANDS, name, this.#context(), input);
  }

  #context(): Context {
    return { ports: this.ports, actor: ROOT, requestId: "req_1", signal: new AbortController().signal };
  }
}
