import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, expect, it } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { ROOT_KEY, serverSettings, startServer, type TidewireProcess } from "../support/process.ts";

const ROUNDS = ["SIGKILL", "SIGTERM", "SIGKILL"] as const;
const CALLS_A_ROUND = 60;
const AT_ONCE = 4;

/** A server in a process of its own that is killed and started again; whoever needs it waits for the next one. */
class Restarting {
  url: Promise<string>;
  #server!: TidewireProcess;
  readonly #env = serverSettings();

  constructor() {
    this.url = this.#start();
  }

  async restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const next = Promise.withResolvers<string>();
    this.url = next.promise;
    await this.stop(signal);
    next.resolve(await this.#start());
  }

  async stop(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    this.#server.kill(signal);
    await this.#server.ended;
  }

  async api(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    const headers = { authorization: `Bearer ${ROOT_KEY}`, "content-type": "application/json" };
    const response = await fetch((await this.url) + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    if (response.status >= 400) throw new Error(await response.text());
    return (await response.json()) as JsonObject;
  }

  async #start(): Promise<string> {
    const { server, url } = await startServer(this.#env);
    this.#server = server;
    return url;
  }
}

/** One that reads the stream and hangs up, again and again, in the middle of whatever comes. */
class RestlessReader {
  readonly ids: string[] = [];
  connections = 0;
  #lastId = "";
  #isDone = false;
  #wanted: { count: number; resolve: () => void } | null = null;
  #leave: () => void = () => {};
  readonly #server: Restarting;

  constructor(server: Restarting) {
    this.#server = server;
  }

  async read(): Promise<void> {
    while (!this.#isDone) await this.#connect(1 + ((this.connections * 7) % 23)).catch(() => undefined); // broken off, as it should be
  }

  /** Resolves when so many have come. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wanted = { count, resolve };
      this.#look();
    });
  }

  end(): void {
    this.#isDone = true;
    this.#leave();
  }

  async #connect(patience: number): Promise<void> {
    const url = `${await this.#server.url}/v1/events/stream?after=start`;
    const leaving = new AbortController();
    this.#leave = () => leaving.abort();
    const headers = { authorization: `Bearer ${ROOT_KEY}`, ...(this.#lastId && { "last-event-id": this.#lastId }) };
    const { body } = await fetch(url, { headers, signal: leaving.signal });
    this.connections++;
    let left = patience;
    const parser = createParser({
      onEvent: ({ id = "", data }) => {
        if (left-- <= 0) return leaving.abort(); // what is behind it in the same chunk is lost on the way
        if (left < 0) return;
        this.ids.push(String((JSON.parse(data) as JsonObject).id));
        this.#lastId = id;
        this.#look();
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) parser.feed(decoder.decode(chunk, { stream: true }));
  }

  #look(): void {
    if (this.#wanted && this.ids.length >= this.#wanted.count) this.#wanted.resolve();
  }
}

const server = new Restarting();
const sandbox = createSandbox({ clock: systemClock });
let upstream: { url: string; close(): Promise<void> };

beforeAll(async () => {
  upstream = await sandbox.listen(0);
  await server.api("POST", "/v1/connections", {
    connector: "claude-api",
    name: "work",
    credentials: { apiKey: "sk-ant-test" },
    params: { baseUrl: `${upstream.url}/v1` },
  });
  const hook = { url: "http://127.0.0.1:9/hook", events: ["messages.*"] };
  const { result } = await server.api("POST", "/v1/subscriptions", hook);
  await server.api("POST", `/v1/subscriptions/${String((result as JsonObject).id)}/pause`);
}, 30_000);

afterAll(async () => {
  await server.stop("SIGKILL");
  await upstream.close();
});

/** Sends messages, some at once, until so many are answered; gives their ids. What a kill cut off is not among them. */
async function sendMessages(count: number): Promise<string[]> {
  const answered: string[] = [];
  const message = { model: "claude-haiku-4-5", max_tokens: 5, messages: [{ role: "user", content: "Hi" }] };
  const one = async () => {
    while (answered.length < count) {
      const answer = await server
        .api("POST", "/v1/connectors/claude-api/operations/messages.create", message)
        .catch(() => null);
      if (answer) answered.push(String((answer.result as JsonObject).id));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return answered;
}

/** The whole log, page by page. */
async function wholeLog(): Promise<JsonObject[]> {
  const log: JsonObject[] = [];
  for (let after = "start"; ; ) {
    const { result, next_cursor } = await server.api("GET", `/v1/events?after=${after}&limit=50`);
    if ((result as JsonObject[]).length === 0) return log;
    log.push(...(result as JsonObject[]));
    after = String(next_cursor);
  }
}

it("no event is missed and none comes twice, whoever hangs up and however often the server dies", async () => {
  const reader = new RestlessReader(server);
  const reading = reader.read();
  const acknowledged: string[] = [];
  for (const signal of ROUNDS) {
    const sending = sendMessages(CALLS_A_ROUND);
    await reader.until(reader.ids.length + CALLS_A_ROUND / 2);
    await server.restart(signal);
    acknowledged.push(...(await sending));
  }
  const log = await wholeLog();
  await reader.until(log.length);
  reader.end();
  await reading;
  expect(reader.ids).toEqual(log.map(({ id }) => id));
  const told = new Set(log.map(({ data }) => (data as JsonObject).id));
  expect(acknowledged.filter((id) => !told.has(id))).toEqual([]);
  expect(reader.connections).toBeGreaterThan(ROUNDS.length * 3);
}, 60_000);
