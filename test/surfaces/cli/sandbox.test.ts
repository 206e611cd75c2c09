import { expect, onTestFinished, test } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Receiver } from "../../support/receiver.ts";
import { Desk, run } from "./rig.ts";

test("tidewire sandbox sends the API's own webhooks to wherever its knob is told", async () => {
  const receiver = await Receiver.start();
  onTestFinished(() => receiver.stop());
  const desk = new Desk();
  onTestFinished(() => desk.close());
  const stop = Promise.withResolvers<void>();
  const url = Promise.withResolvers<string>();
  const reads = (text: string) => url.resolve(/http:\S+/.exec(text)?.[0] ?? "");
  const ran = run(["sandbox", "--port", "0"], desk.product, desk.env, { stops: stop.promise, reads });
  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  const wish = { url: receiver.url(), secret, type: "agent.created" };
  const answer = await fetch(`${await url.promise}/_sandbox/webhooks`, { method: "POST", body: JSON.stringify(wish) });
  expect((await answer.json()) as JsonObject).toMatchObject({
    status: 204,
    event: { data: { type: "agent.created" } },
  });
  expect(receiver.received()[0]?.headers).toHaveProperty("webhook-signature");
  stop.resolve();
  expect((await ran).code).toBe(0);
});

test("the connection of the sandbox that stands in takes a signing secret, and then what it sends", async () => {
  const desk = new Desk();
  onTestFinished(() => desk.close());
  const { sandboxUrl } = await desk.serve();
  const [sandbox] = (await desk.json("connections", "list")) as JsonObject[];
  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  const credentials = JSON.stringify({ webhookSecret: secret });
  await desk.json("connections", "update", String(sandbox?.id), "--credentials", credentials);
  const shown = (await desk.json("connections", "show", String(sandbox?.id))) as JsonObject;
  expect(shown).toMatchObject({ sandbox: true, inbound_hint: null });
  const wish = { url: shown.inbound_url, secret, type: "agent.created" } as JsonObject;
  const answer = await fetch(`${sandboxUrl}/_sandbox/webhooks`, { method: "POST", body: JSON.stringify(wish) });
  expect(await answer.json()).toMatchObject({ status: 204 });
  expect(await desk.json("events", "--type", "agent.*")).toMatchObject({ type: "agent.created" });
});
