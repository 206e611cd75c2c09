import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { Receiver } from "../support/receiver.ts";

const HOOK = "/webhooks/claude-api/files.created";

/** What Zapier, Make, n8n and Power Automate do with a REST hook (EMBEDDING). */
describe("REST hooks", () => {
  let tidewire: Harness;
  let receiver: Receiver;

  beforeAll(async () => {
    tidewire = await Harness.start();
    receiver = await Receiver.start();
    await tidewire.connect();
    await tidewire.sweep("files");
  });
  afterAll(async () => {
    await receiver.stop();
    await tidewire.end();
  });

  it("gives the sample, as a bare array, while nothing has happened", async () => {
    const answer = await tidewire.api("GET", HOOK);
    const samples = answer.body as unknown as JsonObject[];
    expect(answer.status).toBe(200);
    expect(Array.isArray(samples)).toBe(true);
    expect(samples[0]).toMatchObject({ type: "files.created", resource: "files", id: expect.any(String) as string });
    expect((await tidewire.api("GET", "/v1/event-types/files.created/samples")).body).toEqual(samples);
  });

  it.each([
    "url",
    "target_url",
    "targetUrl",
    "callbackUrl",
    "callback_url",
    "webhookUrl",
    "notificationUrl",
    "hookUrl",
  ])("takes the address as %s, and the same again gives the same subscription", async (name) => {
    const body = { [name]: receiver.url(`/${name}`) };
    const made = await tidewire.api("POST", HOOK, body);
    expect(made.status).toBe(201);
    expect(made.headers.get("location")).toBe(`${tidewire.url}${HOOK}/${String(made.body.id)}`);
    const again = await tidewire.api("POST", HOOK, body);
    expect(again).toMatchObject({ status: 201, body: { id: made.body.id } });
    for (let time = 0; time < 2; time++) {
      const deleted = await tidewire.api("DELETE", `${HOOK}/${String(made.body.id)}`);
      expect(deleted).toMatchObject({ status: 200, body: { id: made.body.id, deleted: true } });
    }
  });

  it("sends the event, and then lists the real one as its sample, byte for byte", async () => {
    await tidewire.api("POST", HOOK, { url: receiver.url("/real") });
    tidewire.sandbox.world.addFile({ filename: "a.txt", content: "a" });
    await tidewire.sweep("files");
    await receiver.arrived(1);
    const [webhook] = receiver.received("/real");
    const samples = (await tidewire.api("GET", HOOK)).body as unknown as JsonObject[];
    expect(JSON.stringify(samples[0])).toBe(webhook?.text);
  });

  it("takes ?api_key= of a key that can only subscribe, nowhere else, and never logs it", async () => {
    const make = async (scopes: string[]) => {
      const answer = await tidewire.api("POST", "/v1/keys", { name: "hook", scopes });
      return (answer.body.result as { key: string }).key;
    };
    const [narrow, wide] = [await make(["subscriptions"]), await make(["subscriptions", "events"])];
    const body = { url: receiver.url("/q") };
    expect(await tidewire.api("POST", `${HOOK}?api_key=${narrow}`, body, { key: null })).toMatchObject({ status: 201 });
    expect(await tidewire.api("POST", `${HOOK}?api_key=${wide}`, body, { key: null })).toMatchObject({ status: 401 });
    expect(await tidewire.api("GET", `/v1/subscriptions?api_key=${narrow}`, undefined, { key: null })).toMatchObject({
      status: 401,
    });
    expect(tidewire.logs.join("")).not.toContain(narrow);
  });

  it("answers 404 for an event that there is not", async () => {
    expect(await tidewire.api("POST", "/webhooks/claude-api/files.exploded", { url: receiver.url() })).toMatchObject({
      status: 404,
    });
  });
});
