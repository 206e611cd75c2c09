import { join } from "node:path";
import SqliteClient, { type Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { messageEvents } from "../../src/sandbox/message-stream.ts";
import { Harness } from "../support/harness.ts";
import { messageOf } from "../support/message.ts";
import { json, text, Upstream } from "../support/upstream.ts";

const MESSAGE = messageOf([{ type: "text", text: "Hello", citations: null }]);
const SSE = [...messageEvents(MESSAGE)]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join("");
const ASKED = { model: "claude-haiku-4-5", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };
const OPERATION = "/v1/connectors/claude-api/operations/messages.create?connection=work";
const PROXIED = "/v1/proxy/claude-api/v1/messages";

let tidewire: Harness;
let upstream: Upstream;
/** Another process. */
let other: Database;

beforeEach(async () => {
  [tidewire, upstream] = await Promise.all([Harness.start(), Upstream.start(json(MESSAGE))]);
  await tidewire.api("POST", "/v1/connections?probe=false", {
    connector: "claude-api",
    name: "work",
    credentials: { apiKey: "sk-ant-test" },
    params: { baseUrl: `${upstream.url}/v1` },
  });
  await tidewire.api("POST", "/v1/subscriptions", { url: `${upstream.url}/hook`, events: ["messages.created"] });
  other = new SqliteClient(join(tidewire.folder, "tidewire.db"), { timeout: 1_000 });
});
afterEach(async () => {
  other.close();
  await tidewire.end();
  await upstream.stop();
});

const paidCalls = () => upstream.seen.filter(({ method, url }) => method === "POST" && url === "/v1/messages").length;
const told = async () => (await tidewire.api("GET", "/v1/events?type=messages.created")).body.result as JsonObject[];

/** Turns the clock on until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) {
    await tidewire.clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const logged = (words: string) => tidewire.logs.some((line) => line.includes(words));
const untilHeld = () => until(() => logged("outcomes are held until they can be written"));

describe("while the database is locked, a call whose answer makes an event", () => {
  it.each([
    ["an operation", OPERATION, ASKED, json(MESSAGE)],
    ["the proxy", PROXIED, ASKED, json(MESSAGE)],
    ["a stream", OPERATION, { ...ASKED, stream: true }, text(SSE, 200, { "content-type": "text/event-stream" })],
    ["a proxied stream", PROXIED, { ...ASKED, stream: true }, text(SSE, 200, { "content-type": "text/event-stream" })],
  ])(
    "by %s is answered well once the event is stored, and made once (was 503, and the SDK repeated it)",
    async (_, path, body, answer) => {
      upstream.script(answer);
      other.exec("BEGIN IMMEDIATE");
      const answered = tidewire.api("POST", path, body);
      await untilHeld();
      expect(paidCalls()).toBe(1);
      other.exec("COMMIT");
      await until(() => logged("no outcome is held any more"));
      expect(await answered).toMatchObject({ status: 200 });
      expect(paidCalls()).toBe(1);
      expect(await told()).toHaveLength(1);
    },
  );

  it.each([
    ["an operation", OPERATION],
    ["the proxy", PROXIED],
  ])("by %s is not begun once the trouble is known", async (_, path) => {
    other.exec("BEGIN IMMEDIATE");
    const first = tidewire.api("POST", path, ASKED);
    await untilHeld();
    const second = await tidewire.api("POST", path, ASKED);
    expect(second).toMatchObject({ status: 503, body: { code: "database_busy" } });
    expect(second.headers.get("retry-after")).toBe("5");
    expect(paidCalls()).toBe(1);
    other.exec("COMMIT");
    await until(() => logged("no outcome is held any more"));
    expect(await first).toMatchObject({ status: 200 });
  });

  it("is told of although its caller went away", async () => {
    other.exec("BEGIN IMMEDIATE");
    const gone = new AbortController();
    const answered = tidewire.tidewire
      .call("messages.create", ASKED, { connection: "work", signal: gone.signal })
      .catch((error: unknown) => error);
    await untilHeld();
    gone.abort();
    expect(await answered).toMatchObject({ code: "aborted" });
    other.exec("COMMIT");
    await until(() => logged("no outcome is held any more"));
    expect(await told()).toHaveLength(1);
  });

  it("does not hold up a stop: its event is tried once more, then given up", async () => {
    other.exec("BEGIN IMMEDIATE");
    const answered = tidewire.api("POST", PROXIED, ASKED).catch((error: unknown) => error);
    await untilHeld();
    await tidewire.stop();
    await answered;
    expect(logged("an outcome could not be written before the database was closed")).toBe(true);
    other.exec("COMMIT");
    tidewire = await Harness.start({ folder: tidewire.folder });
  });
});
