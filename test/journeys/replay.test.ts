import { expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { Receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

const MINUTE = 60_000;

it("after an outage of its receiver a subscription is sent what it missed, and each under its old id", async () => {
  const to = await Receiver.start(status(503));
  const tidewire = await Harness.start({ env: { TIDEWIRE_RETRY_SCHEDULE: "0s,1m" } });
  const api = async (method: string, path: string, body?: JsonObject) => {
    const answer = await tidewire.api(method, path, body);
    expect(answer.status).toBeLessThan(300);
    return { ...answer, result: answer.body.result as JsonObject };
  };
  const ask = () =>
    tidewire.run("messages.create", {
      model: "claude-haiku-4-5",
      max_tokens: 9,
      messages: [{ role: "user", content: "Hi" }],
    });
  try {
    await tidewire.connect();
    const subscription = { url: to.url(), events: ["messages.*"] };
    const { id } = (await api("POST", "/v1/subscriptions", subscription)).result;
    await ask();
    await ask();
    await to.arrived(2);
    await tidewire.clock.advance(1.2 * MINUTE);
    await to.arrived(4);
    await expect
      .poll(async () => ((await api("GET", "/v1/deliveries?status=failed")).body.result as unknown[]).length)
      .toBe(2);
    await api("POST", `/v1/subscriptions/${String(id)}/pause`);
    await ask();
    const { result: resumed } = await api("POST", `/v1/subscriptions/${String(id)}/resume`);
    expect(resumed).toMatchObject({ missed: 1, replay: { body: { status: "skipped" } } });

    to.script(status(204));
    const statuses = { status: ["failed", "skipped"] };
    const accepted = await api("POST", `/v1/subscriptions/${String(id)}/replay`, statuses);
    expect(accepted.status).toBe(202);
    const job = `/v1/jobs/${String(accepted.result.id)}`;
    expect(accepted.headers.get("location")).toBe(tidewire.url + job);
    await expect
      .poll(async () => {
        await tidewire.clock.advance(1_000);
        return (await api("GET", job)).result;
      })
      .toMatchObject({ state: "succeeded", progress: { done: 3, total: 3, capped: false } });
    await to.arrived(7);
    const events = (await api("GET", "/v1/events?type=messages.created")).body.result as unknown as JsonObject[];
    const again = to.received().slice(4);
    expect(new Set(again.map((webhook) => webhook.id))).toEqual(new Set(events.map((event) => event.id)));
    expect(again.map(({ attempt }) => attempt).sort()).toEqual([1, 3, 3]);

    const [event] = events;
    const one = await api("POST", `/v1/events/${String(event?.id)}/replay`, { subscription: String(id) });
    expect(one.result).toMatchObject({ event: String(event?.id), deliveries: [{ status: "pending" }] });
    await to.arrived(8);
    expect(to.received()[7]?.id).toBe(event?.id);
    expect(await tidewire.api("POST", "/v1/events/evt_none/replay", {})).toMatchObject({
      status: 404,
      body: { code: "not_found" },
    });
  } finally {
    await tidewire.end();
    await to.stop();
  }
});
