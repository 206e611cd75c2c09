import { HTTP } from "cloudevents";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Desk } from "../delivery/desk.ts";
import { type Received, receiver, verified } from "../support/receiver.ts";

const EVENTS = ["files.*"];

/** The one webhook that a subscription with these settings gets of one event, its signature checked over what was sent. */
async function webhookOf(settings: JsonObject): Promise<{ desk: Desk; id: string; webhook: Received }> {
  const desk = await Desk.open();
  const to = await receiver();
  const { id, secret } = await desk.subscribe(to.url(), settings);
  await desk.tell();
  await desk.drain();
  const [webhook] = to.received() as [Received];
  expect(verified(webhook, secret, desk.clock.now())).toEqual(webhook.body);
  return { desk, id, webhook };
}

describe("over the wire, signed as sent", () => {
  test.each(["standard", "thin", "raw", "cloudevents"])(
    "%s is what samples of that format are, to the byte",
    async (format) => {
      const { desk, id, webhook } = await webhookOf({ format });
      const reply = await desk.ask("event_types.samples", { type: "files.created", format });
      expect(reply.kind === "value" && JSON.stringify(reply.value)).toBe(`[${webhook.text}]`);
      expect(await desk.value("subscriptions.get", { id })).toMatchObject({ format, template: null });
    },
  );

  test("thin leads to the event itself", async () => {
    const { desk, webhook } = await webhookOf({ format: "thin" });
    expect(webhook.text).not.toContain("filename");
    const whole = await desk.value("events.get", { id: String(webhook.body.id) });
    expect(whole).toMatchObject({ ...webhook.body, data: { filename: "é 日本 🚀.pdf" } });
  });

  test("cloudevents is a structured CloudEvent to the official library, headers and all", async () => {
    const { webhook } = await webhookOf({ format: "cloudevents" });
    expect(webhook.headers["content-type"]).toBe("application/cloudevents+json");
    const read = HTTP.toEvent({ headers: webhook.headers, body: webhook.text });
    expect(read).toMatchObject({ id: webhook.id, type: "files.created", source: "/claude-api/default" });
  });

  test("a template's body is sent as JSON", async () => {
    const template = '{"text": "{{data.filename}} ({{type}})", "id": "{{id}}", "for": {{subscription.tags}}}';
    const { desk, id, webhook } = await webhookOf({ template, tags: ["ops"] });
    expect(webhook.headers["content-type"]).toBe("application/json");
    expect(webhook.body).toEqual({ text: "é 日本 🚀.pdf (files.created)", id: webhook.id, for: ["ops"] });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ format: "standard", template });
  });
});

describe("a template", () => {
  const NAMES = '[{{#each data.filename}}"{{this}}"{{/each}}]'; // of a text there is no each

  test("that makes nothing of an event fails that delivery at once, says why, tells of it, and is no fault of the receiver", async () => {
    const desk = await Desk.open();
    const [to, watching] = [await receiver(), await receiver()];
    const { id } = await desk.subscribe(to.url(), { template: NAMES });
    await desk.subscribe(watching.url(), { events: ["tidewire.*"] });
    await desk.tell();
    await desk.drain();
    await desk.advance(24 * 3_600_000);
    expect(to.received()).toEqual([]);
    const [failed] = await desk.list("deliveries.list", { subscription: id });
    expect(failed).toMatchObject({ status: "failed", reason: "template", attempt_count: 1, next_attempt_at: null });
    const reason = "the template makes no body of this event: data.filename: expected an array, not a string";
    const read = await desk.value("deliveries.get", { id: String(failed?.id) });
    expect(read.attempts).toMatchObject([{ class: "template", status: null, error: reason, response_body: null }]);
    expect(watching.received()).toMatchObject([
      { body: { type: "tidewire.delivery.exhausted", data: { error: reason } } },
    ]);
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "active", consecutive_failures: 0 });
    expect(await desk.value("subscriptions.test", { id })).toMatchObject({
      ok: false,
      class: "template",
      status: null,
    });

    await desk.value("subscriptions.update", { id, template: '{"name": "{{data.filename}}"}' });
    await desk.value("deliveries.retry", { id: String(failed?.id) });
    await desk.drain();
    expect(to.received()).toMatchObject([{ attempt: 2, body: { name: "é 日本 🚀.pdf" } }]);
  });

  test("takes the place of the format, so there is one of them", async () => {
    const desk = await Desk.open();
    const url = "https://hooks.example.com/a";
    const both = desk.ask("subscriptions.create", { url, events: EVENTS, template: "{{data}}", format: "raw" });
    await expect(both).rejects.toThrow('template: it takes the place of the format: make that "standard"');
    const { id } = await desk.subscribe(url, { format: "raw" });
    const change = (more: JsonObject) => desk.value("subscriptions.update", { id, ...more });
    await expect(change({ template: "{{data}}" })).rejects.toMatchObject({ code: "invalid_input" });
    expect(await change({ template: "{{data}}", format: "standard" })).toMatchObject({ template: "{{data}}" });
    await expect(change({ format: "thin" })).rejects.toMatchObject({ code: "invalid_input" });
    expect(await change({ description: "kept" })).toMatchObject({ template: "{{data}}" });
    expect(await change({ format: "thin", template: null })).toMatchObject({ template: null, format: "thin" });
  });

  test.each([
    ['{"a": {{data.id}', 'template:1:7: This "{{" is not closed'],
    ['{"a": "{{filename}}"}', 'template:1:8: An event has no "filename"'],
    ["x".repeat(16_385), "Too big"],
  ])("%.20s… is refused when it is given, and nothing is stored", async (template, words) => {
    const desk = await Desk.open();
    const asked = desk.ask("subscriptions.create", { url: "https://hooks.example.com/a", events: EVENTS, template });
    await expect(asked).rejects.toMatchObject({ code: "invalid_input", message: expect.stringContaining(words) });
    expect(await desk.list("subscriptions.list")).toEqual([]);
  });

  test("makes another subscription of what is else the same", async () => {
    const desk = await Desk.open();
    const url = "https://hooks.example.com/a";
    const first = await desk.value("subscriptions.create", { url, events: EVENTS, template: "{{data}}" });
    const again = await desk.value("subscriptions.create", { url, events: EVENTS, template: "{{data}}" });
    expect(again).toMatchObject({ id: first.id, existing: true });
    const other = await desk.value("subscriptions.create", { url, events: EVENTS, template: "[{{data}}]" });
    expect(other.id).not.toBe(first.id);
  });
});
