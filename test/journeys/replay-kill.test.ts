import { expect, it } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ROOT_KEY, serverSettings, startServer } from "../support/process.ts";
import { Receiver } from "../support/receiver.ts";
import { aDelivery, anEvent } from "../support/store-rows.ts";
import { status } from "../support/upstream.ts";

const FAILED = 300;
const KILLS = 3;
const IN_FLIGHT = 5;

it("a server that is killed in the middle of a replay goes on with it, and sends nothing twice but what was under way", async () => {
  const to = await Receiver.start(status(200));
  const env = serverSettings();
  let { server, url } = await startServer(env);
  const api = async (method: string, path: string, body?: JsonObject) => {
    const headers = { authorization: `Bearer ${ROOT_KEY}`, "content-type": "application/json" };
    const response = await fetch(url + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    expect(response.status).toBeLessThan(300);
    return ((await response.json()) as { result: JsonObject }).result;
  };
  const kill = async () => {
    server.kill("SIGKILL");
    await server.ended;
  };
  try {
    const asked = { url: to.url(), events: ["files.*"], max_in_flight: IN_FLIGHT };
    const { id } = await api("POST", "/v1/subscriptions", asked);
    await kill();
    await addFailed(String(env.DATABASE_URL), String(id));
    ({ server, url } = await startServer(env));
    const job = await api("POST", `/v1/subscriptions/${String(id)}/replay`, { rate: 200 });
    for (let n = 1; n <= KILLS; n++) {
      await to.arrived((n * FAILED) / (KILLS + 1));
      await kill();
      ({ server, url } = await startServer(env));
    }
    const ended = await api("GET", `/v1/jobs/${String(job.id)}?wait=30s`);
    expect(ended).toMatchObject({ state: "succeeded", progress: { done: FAILED, total: FAILED, capped: false } });
    await to.arrived(FAILED);
    await expect.poll(() => new Set(to.received().map((webhook) => webhook.id)).size).toBe(FAILED);
    expect(to.received().length).toBeLessThanOrEqual(FAILED + KILLS * IN_FLIGHT);
  } finally {
    await kill();
    await to.stop();
  }
}, 60_000);

/** What an outage of the receiver left, as the server would have. */
async function addFailed(database: string, subscriptionId: string): Promise<void> {
  const store = await openSqliteStore({ path: database.slice("file:".length) });
  const timestamp = systemClock.now() - 60_000;
  const told = Array.from({ length: FAILED }, (_, n) => {
    const event = anEvent(`evt_${n}`, { timestamp });
    const ended = { status: "failed", reason: "exhausted", attempts: 1, nextAttemptAt: null } as const;
    const delivery = aDelivery(`dlv_${n}`, {
      ...ended,
      eventId: event.id,
      subscriptionId,
      createdAt: timestamp + n,
    });
    return { event, deliveries: [delivery], jobs: [] };
  });
  await store.commitEvents({ told, deliveries: [], jobs: [] });
  await store.close();
}
