import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { openRaw } from "../support/raw-request.ts";

const HELLO = { model: "claude-haiku-4-5", max_tokens: 20, messages: [{ role: "user", content: "Hi" }] };

/** The API has no list of messages: their events are made of calls, and only for who wants them. */
let tidewire: Harness;
beforeAll(async () => {
  tidewire = await Harness.start();
  await tidewire.connect();
});
afterAll(() => tidewire.end());

/** Runs something while a stream is open; gives the stream's first event where one is awaited. */
async function following(query: string, act: () => Promise<unknown>, isAwaited = true): Promise<string> {
  const stop = new AbortController();
  const headers = { authorization: `Bearer ${tidewire.rootKey}` };
  const feed = await openRaw(`${tidewire.url}/v1/events/stream?${query}`, { headers, signal: stop.signal });
  const chunks = feed[Symbol.asyncIterator]();
  await chunks.next(); // where it begins
  await act();
  const { value } = isAwaited ? await chunks.next() : { value: "" };
  stop.abort();
  return String(value);
}

const told = async () => (await tidewire.api("GET", "/v1/events?type=messages.created")).body.result as JsonObject[];
const send = () => tidewire.run("messages.create", HELLO);
const proxied = () => tidewire.api("POST", "/v1/proxy/claude-api/v1/messages", HELLO);

it("is made for a stream that is open and asks for it, by an operation and by the proxy", async () => {
  expect(await following("type=messages.*", send)).toContain("event: messages.created");
  expect(await following("type=messages.created&connection=work", proxied)).toContain("event: messages.created");
  expect(await told()).toHaveLength(2);
});

it("is not made for one that asks for something else", async () => {
  await following("type=files.*", send, false);
  expect(await told()).toHaveLength(2);
});
