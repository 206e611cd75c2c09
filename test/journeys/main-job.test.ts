import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { type Received, Receiver, verified } from "../support/receiver.ts";

const MESSAGE = { model: "claude-opus-5-5", max_tokens: 100, messages: [{ role: "user", content: "Hi" }] };
const DAY_MS = 24 * 3_600_000;

/** The product's main job, on the real app over real sockets: every change arrives once, signed, as the contract says. */
describe("the main job", () => {
  let tidewire: Harness;
  let receiver: Receiver;
  let secret: string;

  beforeAll(async () => {
    tidewire = await Harness.start();
    receiver = await Receiver.start();
    await tidewire.connect();
    for (const resource of ["models", "files", "skills", "message_batches"]) await tidewire.sweep(resource);
    const answer = await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["*"] });
    expect(answer.status).toBe(201);
    secret = (answer.body.result as { secret: string }).secret;
  });

  afterAll(async () => {
    await receiver.stop();
    await tidewire.end();
  });

  /** The webhooks of a type, once so many of all types have come, each verified by the official library. */
  async function told(type: string, total: number): Promise<Received[]> {
    await receiver.arrived(total);
    for (const webhook of receiver.received()) {
      expect(verified(webhook, secret, tidewire.clock.now())).toEqual(webhook.body);
      expect(webhook.id).toBe(webhook.body.id);
    }
    expect(receiver.received()).toHaveLength(total);
    return receiver.received().filter(({ body }) => body.type === type);
  }

  it("tells nothing of what was there at the baseline", async () => {
    const outcome = await tidewire.sweep("models");
    expect(outcome).toMatchObject({ complete: true, added: 0, changed: 0, removed: 0, events: 0 });
    expect(receiver.received()).toEqual([]);
  });

  it("tells a message, with all its text blocks joined", async () => {
    const message = await tidewire.run("messages.create", MESSAGE);
    const [webhook] = await told("messages.created", 1);
    expect(webhook?.body).toMatchObject({
      connector: "claude-api",
      connection: "work",
      resource: "messages",
      data: { id: message.id, content: message.content, role: "assistant", model: "claude-opus-5-5" },
    });
    expect(String(message.content).length).toBeGreaterThan(10);
  });

  it("tells an uploaded file, and its removal only after two complete sweeps and a 404", async () => {
    const form = new FormData();
    form.append("file", new File(["a,b"], "table.csv", { type: "text/csv" }));
    const file = await tidewire.run("files.upload", form);
    await tidewire.sweep("files");
    expect((await told("files.created", 2))[0]?.body.data).toMatchObject({
      id: file.id,
      filename: "table.csv",
      file_name: "table.csv",
    });
    await tidewire.run("files.delete", { file_id: file.id });
    expect(await tidewire.sweep("files")).toMatchObject({ removed: 0, events: 0 });
    expect(await tidewire.sweep("files")).toMatchObject({ removed: 1, events: 1 });
    expect((await told("files.deleted", 3))[0]?.body.data).toMatchObject({
      id: file.id,
      filename: "table.csv",
      reason: "deleted",
    });
  });

  it("tells a skill's making and removal", async () => {
    const form = new FormData();
    const manual = "---\nname: sums\ndescription: Adds things up.\n---\n# Sums\n";
    form.append("files[]", new File([manual], "sums/SKILL.md", { type: "text/markdown" }));
    const skill = await tidewire.run("skills.create", form);
    await tidewire.sweep("skills");
    expect((await told("skills.created", 4))[0]?.body.data).toMatchObject({ id: skill.id });
    await tidewire.run("skills.delete", { skill_id: skill.id });
    await tidewire.sweep("skills");
    await tidewire.sweep("skills");
    expect((await told("skills.deleted", 5))[0]?.body.data).toMatchObject({ id: skill.id });
  });

  it("tells a new model", async () => {
    tidewire.sandbox.world.addModel({ id: "claude-next" });
    await tidewire.sweep("models");
    expect((await told("models.created", 6))[0]?.body.data).toMatchObject({ id: "claude-next" });
  });

  it("tells a batch that was made and ended between two polls, once", async () => {
    const batch = await tidewire.run("message_batches.create", { requests: [{ custom_id: "a", params: MESSAGE }] });
    await tidewire.clock.advance(10_000);
    await tidewire.sweep("message_batches");
    await tidewire.sweep("message_batches");
    const [webhook] = await told("message_batches.ended", 7);
    expect(webhook?.body.data).toMatchObject({ id: batch.id, processing_status: "ended" });
  });

  it("tells a batch that ran out of time as ended and as expired", async () => {
    tidewire.sandbox.faults.holdBatches = true;
    const batch = await tidewire.run("message_batches.create", { requests: [{ custom_id: "a", params: MESSAGE }] });
    await tidewire.sweep("message_batches");
    expect(receiver.received()).toHaveLength(7);
    tidewire.sandbox.advance(DAY_MS + 1_000);
    await tidewire.sweep("message_batches");
    const [expired] = await told("message_batches.expired", 9);
    expect(expired?.body.data).toMatchObject({ id: batch.id });
    expect(receiver.received().filter(({ body }) => body.type === "message_batches.ended")).toHaveLength(2);
  });

  it("keeps the log of all of it, newest first, and every delivery with its attempt", async () => {
    const events = await tidewire.api("GET", "/v1/events?limit=200");
    const listed = events.body.result as JsonObject[];
    expect(listed).toHaveLength(9);
    expect(new Set(listed.map(({ id }) => id))).toEqual(new Set(receiver.received().map(({ id }) => id)));
    const deliveries = await tidewire.api("GET", "/v1/deliveries?status=delivered&limit=200");
    expect(deliveries.body.result).toHaveLength(9);
    const [first] = deliveries.body.result as JsonObject[];
    const one = await tidewire.api("GET", `/v1/deliveries/${String(first?.id)}`);
    expect(one.body.result).toMatchObject({ status: "delivered", attempts: [{ number: 1, status: 204, class: "ok" }] });
  });

  it("lets no secret into the log", () => {
    const log = tidewire.logs.join("");
    expect(log.length).toBeGreaterThan(100);
    for (const value of ["sk-ant-test", secret, tidewire.rootKey]) expect(log).not.toContain(value);
  });
});
