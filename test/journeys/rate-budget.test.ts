import { afterEach, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { Harness } from "../support/harness.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type Answer, Upstream } from "../support/upstream.ts";

const MESSAGE = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user", content: "Hello" }] };
const SECOND = 1_000;
const MINUTE = 60_000;

/** The sandbox behind a limit of its own for each key, of which every answer says what is left. */
class Provider {
  readonly windowMs: number;
  readonly limit: number;
  /** Lists that were asked for: by which key, in which window, and which page. */
  readonly lists: { key: string; resetAt: number; url: string }[] = [];
  upstream!: Upstream;
  readonly #sandbox: Sandbox;
  readonly #clock: ManualClock;
  readonly #asked = new Map<string, number>();

  constructor(sandbox: Sandbox, clock: ManualClock, limit: number, windowMs: number) {
    this.#sandbox = sandbox;
    this.#clock = clock;
    this.limit = limit;
    this.windowMs = windowMs;
  }

  get resetAt(): number {
    return (Math.floor(this.#clock.now() / this.windowMs) + 1) * this.windowMs;
  }

  left(key: string): number {
    return Math.max(this.limit - (this.#asked.get(`${key} ${this.resetAt}`) ?? 0), 0);
  }

  readonly answer: Answer = async (response, { method, url, headers, body }) => {
    const key = headers["x-api-key"] ?? "";
    const { resetAt } = this;
    if (method === "GET") this.lists.push({ key, resetAt, url });
    this.#asked.set(`${key} ${resetAt}`, this.limit - this.left(key) + 1);
    const request = new Request(`http://sandbox${url}`, { method, headers, ...(method === "GET" ? {} : { body }) });
    const answered = await this.#sandbox.app.fetch(request);
    response.writeHead(answered.status, {
      ...Object.fromEntries(answered.headers),
      "anthropic-ratelimit-requests-limit": String(this.limit),
      "anthropic-ratelimit-requests-remaining": String(this.left(key)),
      "anthropic-ratelimit-requests-reset": new Date(resetAt).toISOString(),
    });
    response.end(Buffer.from(await answered.arrayBuffer()));
  };
}

let tidewire: Harness;
let provider: Provider;
afterEach(async () => {
  await tidewire.end();
  await provider.upstream.stop();
});

async function start(limit: number, windowMs: number, pageSize: number): Promise<Sandbox> {
  const clock = new ManualClock();
  const sandbox = createSandbox({ clock, pageSize });
  tidewire = await Harness.start({ clock, sandbox });
  provider = new Provider(sandbox, clock, limit, windowMs);
  provider.upstream = await Upstream.start(provider.answer);
  const subscription = {
    url: "https://127.0.0.1:9/",
    events: ["files.*", "models.*", "skills.*", "message_batches.*"],
  };
  expect((await tidewire.api("POST", "/v1/subscriptions", subscription)).status).toBe(201);
  return sandbox;
}

const connect = (name: string) =>
  tidewire.connect(name, {
    credentials: { apiKey: `sk-ant-${name}` },
    params: { baseUrl: `${provider.upstream.url}/v1` },
  });

async function pollers(connection: string): Promise<JsonObject[]> {
  return (await tidewire.api("GET", `/v1/pollers?connection=${connection}`)).body.result as JsonObject[];
}

/** Lets seconds go by until something holds of a connection's pollers; in each of them, what is due has the time that it takes. */
async function until(connection: string, holds: (all: JsonObject[]) => boolean): Promise<void> {
  for (let seconds = 0; seconds < 600; seconds++) {
    for (let looks = 0, isDue = true; isDue && looks < 50; looks++) {
      const all = await pollers(connection);
      if (holds(all)) return;
      isDue = all.some(({ state, next_run_at }) => state === "active" && timeOf(next_run_at) <= tidewire.clock.now());
    }
    await tidewire.clock.advance(SECOND);
    await tidewire.tick("pollers");
  }
  throw new Error("it never came to that");
}

const timeOf = (text: unknown) => (text === null ? 0 : Date.parse(String(text)));
const send = (connection: string) => tidewire.run("messages.create", MESSAGE, `?connection=${connection}`);

test("what callers use up, the pollers of that account leave them: they look again at the reset, others' go on", async () => {
  await start(100, 10 * MINUTE, 1_000);
  await connect("busy");
  await connect("quiet");
  for (const name of ["busy", "quiet"]) await until(name, (all) => all.every((one) => one.baselined_at !== null));
  const { resetAt } = provider;
  while (provider.left("sk-ant-busy") > 10) await send("busy");

  await until("busy", (all) => all.every(({ cadence }) => cadence === "rate_limited"));
  for (const { next_run_at } of await pollers("busy")) expect(timeOf(next_run_at)).toBe(resetAt);
  const standBackFrom = tidewire.clock.now();
  const asked = provider.lists.length;
  await until("quiet", (all) => all.every((one) => timeOf(one.last_success_at) > standBackFrom));
  await tidewire.clock.advance(resetAt - SECOND - tidewire.clock.now());
  expect(provider.lists.slice(asked).filter(({ key }) => key === "sk-ant-busy")).toEqual([]);
  // The clock stands still, so that nothing has these calls wait.
  const proxied = await tidewire.api("POST", "/v1/proxy/claude-api/v1/messages?connection=busy", MESSAGE);
  expect(proxied.status).toBe(200);
  while (provider.left("sk-ant-busy") > 0) await send("busy");

  await until("busy", (all) => all.every((one) => timeOf(one.last_success_at) >= resetAt));
  for (const one of await pollers("busy")) expect(one).toMatchObject({ cadence: "regular", last_error: null });
});

test("a list that is longer than the limit is read in several windows, each page once, and callers find room in each", async () => {
  const sandbox = await start(30, 8 * MINUTE, 2);
  for (let n = 0; n < 80; n++) sandbox.world.addFile({ filename: `file ${n}` });
  await connect("work");
  const isFiles = ({ resource }: JsonObject) => resource === "files";
  const others = (await pollers("work")).filter((one) => !isFiles(one));
  for (const { id } of others) await tidewire.api("POST", `/v1/pollers/${String(id)}/pause`);

  await until("work", () => provider.left("sk-ant-work") < 6);
  expect((await pollers("work")).find(isFiles)).toMatchObject({ baselined_at: null });
  const { resetAt } = provider;
  while (provider.left("sk-ant-work") > 0) expect(await send("work")).toMatchObject({ role: "assistant" });
  await tidewire.clock.advance(resetAt - SECOND - tidewire.clock.now());
  expect(provider.lists.filter((list) => list.resetAt === resetAt)).toHaveLength(25);

  await until("work", (all) => all.find(isFiles)?.baselined_at !== null);
  expect((await pollers("work")).find(isFiles)).toMatchObject({ items: 80, last_error: null });
  const pages = provider.lists.map(({ url }) => url).filter((url) => url.startsWith("/v1/files"));
  expect(pages).toHaveLength(40);
  expect(new Set(pages).size).toBe(40);
  const perWindow = Map.groupBy(provider.lists, (list) => list.resetAt);
  expect(perWindow.size).toBeGreaterThan(1);
  for (const lists of perWindow.values()) expect(lists.length).toBeLessThanOrEqual(30 - 5);
});
