import { afterEach, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { Harness } from "../support/harness.ts";
import { ManualClock } from "../support/manual-clock.ts";

const MINUTE = 60_000;
const MESSAGE = { model: "claude-opus-5-5", max_tokens: 16, messages: [{ role: "user", content: "Hello" }] };

let tidewire: Harness;
afterEach(() => tidewire.end());

async function start(): Promise<void> {
  const clock = new ManualClock();
  tidewire = await Harness.start({ clock, sandbox: createSandbox({ clock }) });
  await tidewire.connect();
  const subscription = { url: "https://127.0.0.1:9/", events: ["*"] };
  expect((await tidewire.api("POST", "/v1/subscriptions", subscription)).status).toBe(201);
}

async function pollerOf(resource: string): Promise<JsonObject> {
  const { body } = await tidewire.api("GET", "/v1/pollers");
  const found = (body.result as JsonObject[]).find((poller) => poller.resource === resource);
  if (!found) throw new Error(`${resource} is not polled`);
  return found;
}

const untilNext = async (resource: string) =>
  Date.parse(String((await pollerOf(resource)).next_run_at)) - tidewire.clock.now();
const cadence = async (resource: string) => (await pollerOf(resource)).cadence;

test("the list of batches is looked at every 15 seconds while one of them is running, and every minute otherwise", async () => {
  await start();
  await tidewire.sweep("message_batches");
  const batch = await tidewire.run("message_batches.create", { requests: [{ custom_id: "a", params: MESSAGE }] });
  await tidewire.sweep("message_batches");
  expect(await untilNext("message_batches")).toBeLessThanOrEqual(15_000);
  expect(await cadence("message_batches")).toBe("while_open");
  await tidewire.run("message_batches.cancel", { batch_id: batch.id });
  await tidewire.clock.advance(10 * MINUTE);
  await tidewire.sweep("message_batches");
  await tidewire.clock.advance(await untilNext("message_batches"));
  await tidewire.sweep("message_batches");
  expect(await untilNext("message_batches")).toBe(MINUTE);
  expect(await cadence("message_batches")).toBe("regular");
});
