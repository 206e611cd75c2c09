import { expect } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { loadConnector } from "../../../src/manifest/load.ts";
import { type Answer, Harness } from "../../support/harness.ts";
import { type Received, Receiver, verified } from "../../support/receiver.ts";
import { type Program, RealServer } from "./real-server.ts";

/** An example's connector at work: the real product, the real server that it is for, and a subscriber to everything. */
export class Example {
  readonly tidewire: Harness;
  readonly server: RealServer;
  readonly #connector: string;
  readonly #receiver: Receiver;
  readonly #secret: string;
  #told = 0;

  private constructor(connector: string, tidewire: Harness, server: RealServer, receiver: Receiver, secret: string) {
    this.#connector = connector;
    this.tidewire = tidewire;
    this.server = server;
    this.#receiver = receiver;
    this.#secret = secret;
  }

  static async start(connector: string, program: Program): Promise<Example> {
    const server = await RealServer.start(program);
    const tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: manifestOf(connector) } });
    const receiver = await Receiver.start();
    const subscribed = await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["*"] });
    const { secret } = subscribed.body.result as { secret: string };
    return new Example(connector, tidewire, server, receiver, secret);
  }

  async end(): Promise<void> {
    await this.#receiver.stop();
    await this.tidewire.end();
    await this.server.stop();
  }

  /** Connects to the server; gives what the product answers. */
  connect(more: JsonObject = {}): Promise<Answer> {
    const params = { baseUrl: this.server.url };
    return this.tidewire.api("POST", "/v1/connections", { connector: this.#connector, name: "work", params, ...more });
  }

  /** Runs an operation. */
  call(operation: string, input: JsonObject = {}, connection = "work"): Promise<Answer> {
    const path = `/v1/connectors/${this.#connector}/operations/${operation}?connection=${connection}`;
    return this.tidewire.api("POST", path, input);
  }

  /** Runs an operation that must succeed; gives its `result`. */
  async run<Result = JsonObject>(operation: string, input: JsonObject = {}): Promise<Result> {
    const { status, text, body } = await this.call(operation, input);
    if (status >= 400) throw new Error(text);
    return body.result as Result;
  }

  /** The webhooks that came since the last time, so many of them, each verified by the official library. */
  async told(count: number): Promise<Received[]> {
    await this.#receiver.arrived(this.#told + count);
    const all = this.#receiver.received();
    const fresh = all.slice(this.#told);
    expect(fresh.map(typeOf)).toHaveLength(count);
    for (const webhook of fresh) {
      expect(verified(webhook, this.#secret, this.tidewire.clock.now())).toEqual(webhook.body);
      expect(webhook.body).toMatchObject({ connector: this.#connector, connection: "work" });
    }
    this.#told = all.length;
    return fresh;
  }

  /** The one webhook that came since the last time. */
  async toldOne(type: string): Promise<JsonObject> {
    const [webhook] = await this.told(1);
    expect(webhook && typeOf(webhook)).toBe(type);
    return webhook?.body ?? {};
  }
}

/** What `tidewire lint` has to say of an example. */
export function findingsOf(connector: string): string[] {
  return loadConnector(manifestOf(connector)).findings.map(({ at, id, message }) => `${at} ${id}: ${message}`);
}

export function typeOf({ body }: Received): string {
  return String(body.type);
}

function manifestOf(connector: string): string {
  return `examples/${connector}/connector.json`;
}
