import { onTestFinished } from "vitest";
import { commands as jobCommands } from "../../src/actions/jobs/commands.ts";
import { type Command, invoke } from "../../src/command.ts";
import { readConfig } from "../../src/config.ts";
import type { Context, Ports } from "../../src/context.ts";
import { commands as deliveryCommands } from "../../src/delivery/commands.ts";
import { DeliverWorker } from "../../src/delivery/deliver.ts";
import { createReplayWorker } from "../../src/delivery/replay/worker.ts";
import { commands as eventCommands } from "../../src/events/commands.ts";
import { createFanOutWorker, publish } from "../../src/events/publish.ts";
import { createEmbeddedJobs } from "../../src/jobs/embedded.ts";
import { newId } from "../../src/kernel/ids.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createLog } from "../../src/kernel/log.ts";
import { createVault, newVaultKey } from "../../src/kernel/vault.ts";
import type { Connector } from "../../src/manifest/connector.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import type { Actor } from "../../src/model/actor.ts";
import type { Connection } from "../../src/model/connection.ts";
import type { NewEvent } from "../../src/model/event.ts";
import type { Reply } from "../../src/model/reply.ts";
import { createTargetPolicy } from "../../src/net/guard.ts";
import { createHttp } from "../../src/net/http.ts";
import type { Store } from "../../src/store/contract.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { commands as subscriptionCommands } from "../../src/subscriptions/commands.ts";
import { ManualClock } from "../support/manual-clock.ts";

const COMMANDS = [...eventCommands, ...deliveryCommands, ...subscriptionCommands, ...jobCommands];
const CONNECTOR = loadConnector(new URL("../../connector.json", import.meta.url).pathname).connector;

export const ALICE = actor("key_alice");
export const BOB = actor("key_bob");
export const ADMIN: Actor = { ...actor("key_admin"), scopes: ["admin"] };

export function actor(keyId: string, connections: string[] | null = null): Actor {
  return { keyId, name: keyId, scopes: ["subscriptions", "events"], connections };
}

interface DeskOptions {
  path?: string;
  vaultKey?: string;
  clock?: ManualClock;
  allowed?: string;
  schedule?: string;
  connectors?: Connector[];
  /** Puts something between the workers and the store. */
  wrap?: (store: Store) => Store;
}

/** Everything from a stored event to a subscriber, on real parts: SQLite, the job engine, sockets; only time is by hand. */
export class Desk {
  readonly ports: Ports;
  readonly clock: ManualClock;
  readonly #closeHttp: () => Promise<void>;
  #events = 0;
  #isOpen = true;

  private constructor(ports: Ports, clock: ManualClock, closeHttp: () => Promise<void>) {
    this.ports = ports;
    this.clock = clock;
    this.#closeHttp = closeHttp;
  }

  static async open(options: DeskOptions = {}): Promise<Desk> {
    const clock = options.clock ?? new ManualClock();
    const config = readConfig({
      TIDEWIRE_ALLOWED_TARGETS: options.allowed ?? "127.0.0.1",
      ...(options.schedule ? { TIDEWIRE_RETRY_SCHEDULE: options.schedule } : {}),
    });
    const log = createLog("silent");
    const inner = await openSqliteStore({ path: options.path ?? ":memory:" });
    const store = options.wrap?.(inner) ?? inner;
    const targetPolicy = createTargetPolicy({ allowed: config.TIDEWIRE_ALLOWED_TARGETS, code: "invalid_target" });
    const { http, close } = createHttp({ policy: targetPolicy });
    const ports: Ports = {
      config,
      clock,
      random: () => 0.5,
      newId: (prefix) => newId(prefix, clock.now()),
      log,
      vault: createVault([options.vaultKey ?? newVaultKey()]),
      store,
      jobs: createEmbeddedJobs({ store: store.jobs, clock, log }),
      upstream: http,
      targets: http,
      targetPolicy,
      upstreamPolicy: targetPolicy,
      connectors: options.connectors ?? [CONNECTOR],
      bootId: "boot",
    };
    ports.jobs.work("deliver", new DeliverWorker(ports));
    ports.jobs.work("fan_out", createFanOutWorker(ports));
    ports.jobs.work("replay", createReplayWorker(ports));
    await ports.jobs.start();
    const desk = new Desk(ports, clock, close);
    onTestFinished(() => desk.close());
    return desk;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const stopped = this.ports.jobs.stop(0);
    await this.clock.advance(2_000);
    await stopped;
    await this.#closeHttp();
    await this.ports.store.close();
  }

  /** Runs a command by its name and gives what it answers. */
  async ask(name: string, input: JsonObject = {}, as: Actor = ALICE): Promise<Reply> {
    return invoke(this.#command(name), this.contextOf(as), input);
  }

  /** The value of a command's answer as an object. */
  async value(name: string, input: JsonObject = {}, as: Actor = ALICE): Promise<JsonObject> {
    const reply = await this.ask(name, input, as);
    if (reply.kind !== "value") throw new Error(`${name} answers a ${reply.kind}`);
    return reply.value as JsonObject;
  }

  /** The members of a listing. */
  async list(name: string, input: JsonObject = {}, as: Actor = ALICE): Promise<JsonObject[]> {
    const reply = await this.ask(name, input, as);
    if (reply.kind !== "list") throw new Error(`${name} answers a ${reply.kind}`);
    return reply.value as JsonObject[];
  }

  contextOf(as: Actor): Context {
    return { ports: this.ports, actor: as, requestId: "req_1", signal: new AbortController().signal };
  }

  async subscribe(url: string, more: JsonObject = {}, as: Actor = ALICE): Promise<{ id: string; secret: string }> {
    const made = await this.value("subscriptions.create", { url, events: ["files.*"], ...more }, as);
    return { id: String(made.id), secret: String(made.secret) };
  }

  async connect(name: string): Promise<Connection> {
    const id = this.ports.newId("con");
    const connection: Connection = {
      id,
      connector: "claude-api",
      name,
      params: {},
      sealedCredentials: this.ports.vault.seal("{}", id),
      credentialFields: [],
      sealedTokens: {},
      state: "active",
      account: null,
      owner: ALICE.keyId,
      createdAt: this.clock.now(),
      updatedAt: this.clock.now(),
    };
    await this.ports.store.connections.create(connection, []);
    return connection;
  }

  /** Tells an event and gives it as it was told. */
  async tell(more: Partial<NewEvent> = {}): Promise<NewEvent> {
    const event = this.event(more);
    await publish(this.ports, [event]);
    return event;
  }

  /** Tells many events in one commit. */
  async tellMany(count: number, more: (n: number) => Partial<NewEvent> = () => ({})): Promise<NewEvent[]> {
    const events = Array.from({ length: count }, (_, n) => this.event(more(n)));
    await publish(this.ports, events);
    return events;
  }

  event(more: Partial<NewEvent> = {}): NewEvent {
    const n = ++this.#events;
    return {
      id: this.ports.newId("evt"),
      type: "files.created",
      timestamp: this.clock.now(),
      connector: "claude-api",
      connectionId: "con_1",
      connection: "default",
      resource: "files",
      data: { id: `file_${n}`, filename: "é 日本 🚀.pdf" },
      previous: undefined,
      dedupeKey: `test:${n}`,
      ...more,
    };
  }

  /** Waits until nothing is due and nothing runs. */
  drain(): Promise<void> {
    return this.ports.jobs.drain();
  }

  /** Turns the clock on and waits for what that made due. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.drain();
  }

  #command(name: string): Command {
    const found = COMMANDS.find((command) => command.name === name);
    if (!found) throw new Error(`there is no command ${name}`);
    return found;
  }
}
