import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTidewire, type Tidewire } from "../../src/app.ts";
import { systemCron } from "../../src/jobs/cron.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Lookup } from "../../src/net/connector.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { Post } from "../../src/sandbox/webhooks.ts";
import { type Listening, listen } from "../../src/surfaces/http/listen.ts";
import { ManualClock } from "./manual-clock.ts";

/** An answer of the product, read whole. */
export interface Answer {
  status: number;
  headers: Headers;
  body: JsonObject;
  text: string;
}

export interface HarnessOptions {
  env?: Record<string, string>;
  /** Opens the database of an earlier harness. */
  folder?: string;
  sandbox?: Sandbox;
  clock?: ManualClock;
  /** A name server of the test's own. */
  lookup?: Lookup;
}

const ROOT_KEY = `tw_${"root".repeat(8)}`;

/** The real product on a real socket, with a file for its database, a sandbox as provider and a clock turned by hand. */
export class Harness {
  readonly clock: ManualClock;
  readonly sandbox: Sandbox;
  readonly folder: string;
  readonly logs: string[] = [];
  readonly rootKey = ROOT_KEY;
  tidewire!: Tidewire;
  #listening!: Listening;
  readonly #ticks = new Map<string, () => Promise<void>>();
  #upstream!: { url: string; close(): Promise<void> };

  private constructor({ clock, sandbox, folder }: HarnessOptions) {
    this.clock = clock ?? new ManualClock();
    this.sandbox = sandbox ?? createSandbox({ clock: this.clock, post });
    this.folder = folder ?? mkdtempSync(join(tmpdir(), "tidewire-test-"));
  }

  static async start(options: HarnessOptions = {}): Promise<Harness> {
    const harness = new Harness(options);
    harness.#upstream = await harness.sandbox.listen(0);
    harness.tidewire = await createTidewire({
      env: harness.#settings(options.env),
      clock: harness.clock,
      random: () => 0.5,
      ...(options.lookup ? { lookup: options.lookup } : {}),
      startCron(name, expression, action) {
        harness.#ticks.set(name, action);
        return systemCron(createLog("silent"))(name, expression, action);
      },
      logTo: { write: (line: string) => void harness.logs.push(line) },
    });
    harness.#listening = await listen(harness.tidewire.app.fetch, "127.0.0.1", 0);
    await harness.tidewire.start();
    return harness;
  }

  get url(): string {
    return this.#listening.url;
  }

  get upstreamUrl(): string {
    return this.#upstream.url;
  }

  /** Ends the product, leaving its database behind for another harness. */
  async stop(): Promise<void> {
    await this.#listening.close(1_000);
    await this.tidewire.stop();
    await this.#upstream.close();
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A request with the root key (or another, or none). */
  async api(
    method: string,
    path: string,
    body?: unknown,
    { key = ROOT_KEY, headers = {} }: ApiOptions = {},
  ): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isForm ? body : typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson =
      /json/.test(response.headers.get("content-type") ?? "") &&
      !/ndjson/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? (JSON.parse(text) as JsonObject) : {},
    };
  }

  /** Runs an operation; gives its `result`. Throws what the product answered when it failed. */
  async run(operation: string, input: unknown = {}, query = ""): Promise<JsonObject> {
    const answer = await this.api("POST", `/v1/connectors/claude-api/operations/${operation}${query}`, input);
    if (answer.status >= 400) throw new Error(answer.text);
    return answer.body.result as JsonObject;
  }

  /** Makes a connection to the sandbox. */
  async connect(name = "work", more: JsonObject = {}): Promise<JsonObject> {
    const answer = await this.api("POST", "/v1/connections", {
      connector: "claude-api",
      name,
      credentials: { apiKey: "sk-ant-test" },
      params: { baseUrl: `${this.upstreamUrl}/v1` },
      ...more,
    });
    if (answer.status !== 201) throw new Error(answer.text);
    return answer.body.result as JsonObject;
  }

  /** Sweeps a resource of a connection now; gives the outcome. */
  async sweep(resource: string, connection = "work"): Promise<JsonObject> {
    const pollers = await this.api("GET", `/v1/pollers?connection=${connection}&limit=200`);
    const poller = (pollers.body.result as JsonObject[]).find((p) => p.resource === resource);
    const answer = await this.api("POST", `/v1/pollers/${String(poller?.id)}/run`);
    if (answer.status === 409) return this.sweep(resource, connection);
    return answer.body.result as JsonObject;
  }

  /** Empties the log, of the notes about what was answered before too. */
  async forgetLogs(): Promise<void> {
    const { length } = this.logs;
    await this.api("GET", "/v1/whoami");
    while (!this.logs.slice(length).some((line) => line.includes('"command":"whoami"'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.logs.length = 0;
  }

  /** The lines of the log about requests for a command, once there are so many: a request is noted after its answer. */
  async requestsLogged(command: string, count: number): Promise<JsonObject[]> {
    for (;;) {
      const lines = this.logs.map((line) => JSON.parse(line) as JsonObject).filter((line) => line.command === command);
      if (lines.length >= count) return lines;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** A tick of one of the product's schedules (`pollers`), which else comes by the system's clock. */
  async tick(name: string): Promise<void> {
    await this.#ticks.get(name)?.();
  }

  #settings(env: Record<string, string> = {}): Record<string, string> {
    return {
      DATABASE_URL: `file:${join(this.folder, "tidewire.db")}`,
      TIDEWIRE_ROOT_KEY: ROOT_KEY,
      TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 7).toString("base64"),
      TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1",
      TIDEWIRE_ALLOWED_UPSTREAMS: "127.0.0.1",
      TIDEWIRE_SANDBOX: "off",
      LOG_LEVEL: "debug",
      ...env,
    };
  }
}

/** The sandbox's way out. */
const post: Post = async (url, headers, body) => (await fetch(url, { method: "POST", headers, body })).status;

interface ApiOptions {
  key?: string | null;
  headers?: Record<string, string>;
}
