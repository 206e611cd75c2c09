import { describe, expect, onTestFinished, test } from "vitest";
import { commands } from "../../src/subscriptions/commands.ts";
import { ALICE, Desk } from "../delivery/desk.ts";
import { Receiver, verified } from "../support/receiver.ts";

const HOOK = { connector: "claude-api", event: "files.created" };
const URL_ = "https://hooks.zapier.example.com/1";

describe("REST hooks", () => {
  test("subscribe bare with 201 and Location, again gives the same, unsubscribe answers a body twice", async () => {
    const desk = await Desk.open();
    const reply = await desk.ask("rest_hooks.subscribe", { ...HOOK, hookUrl: URL_ });
    const id = String(reply.kind === "value" && (reply.value as { id: string }).id);
    expect(reply).toMatchObject({
      value: { id: expect.stringMatching(/^sub_/), events: ["files.created"] },
      headers: { location: `/webhooks/claude-api/files.created/${id}` },
    });
    expect(await desk.value("rest_hooks.subscribe", { ...HOOK, hookUrl: URL_ })).toMatchObject({ id, existing: true });
    for (let n = 0; n < 2; n++) {
      expect(await desk.value("rest_hooks.unsubscribe", { ...HOOK, id })).toEqual({ id, deleted: true });
    }
    expect(await desk.list("subscriptions.list")).toEqual([]);
    const routes = commands.filter(({ name }) => name.startsWith("rest_hooks.")).map(({ http }) => http);
    expect(routes).toEqual([
      { method: "POST", path: "/webhooks/:connector/:event", status: 201, bare: true },
      { method: "DELETE", path: "/webhooks/:connector/:event/:id", bare: true },
      { method: "GET", path: "/webhooks/:connector/:event", bare: true },
    ]);
  });

  test("take what a subscription takes: a filter, a template, a ping, an end, tags", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const settings = {
      filter: { field: ["data", "filename"], contains: ".pdf" },
      template: '{"name": "{{data.filename}}"}',
      tags: ["zap"],
      expires_at: "2100-01-01T00:00:00.000Z",
    };
    const hook = { ...HOOK, hookUrl: to.url(), verify: "ping", ...settings };
    const made = await desk.value("rest_hooks.subscribe", hook);
    expect(made).toMatchObject(settings);
    expect(await desk.value("rest_hooks.subscribe", hook)).toMatchObject({ id: made.id, existing: true });
    await desk.tell({ data: { filename: "a.txt" } });
    await desk.tell({ data: { filename: "b.pdf" } });
    await desk.drain();
    const bodies = to.received().map(({ body }) => body.type ?? body);
    expect(bodies).toEqual(["tidewire.ping", "tidewire.ping", { name: "b.pdf" }]);
  });

  test("samples are the newest real events, else one of the manifest, byte for byte what a webhook carries", async () => {
    const desk = await Desk.open();
    const to = await Receiver.start();
    onTestFinished(() => to.stop());
    const { secret } = await desk.value("rest_hooks.subscribe", { ...HOOK, url: to.url(), format: "raw" });
    const sample = await desk.value("rest_hooks.samples", { ...HOOK, format: "raw" });
    expect(sample).toMatchObject([{ id: expect.stringMatching(/^file_/) }]);
    await desk.tell();
    await desk.tell();
    await desk.drain();
    const real = (await desk.value("rest_hooks.samples", {
      ...HOOK,
      limit: "1",
      format: "raw",
    })) as unknown as unknown[];
    const newest = to.received().at(-1)!;
    expect(real.map((one) => JSON.stringify(one))).toEqual([newest.text]);
    expect(verified(newest, String(secret), desk.clock.now())).toEqual(real[0]);
  });

  test("an unknown event is not found, and the one that was probably meant is told", async () => {
    const desk = await Desk.open();
    await expect(desk.ask("rest_hooks.samples", { ...HOOK, event: "files.creatd" })).rejects.toThrow(
      'Did you mean "/webhooks/claude-api/files.created"?',
    );
    for (const hook of [
      { ...HOOK, event: "files.nope" },
      { ...HOOK, connector: "nope" },
    ]) {
      await expect(desk.ask("rest_hooks.subscribe", { ...hook, url: URL_ })).rejects.toMatchObject({
        code: "not_found",
      });
      await expect(desk.ask("rest_hooks.samples", hook)).rejects.toMatchObject({ code: "not_found" });
    }
  });

  test("with two connectors of the same events each hook hears its own alone", async () => {
    const [connector] = (await Desk.open()).ports.connectors;
    const desk = await Desk.open({ schedule: "1h", connectors: [connector!, { ...connector!, handle: "twin" }] });
    const { id } = await desk.value(
      "rest_hooks.subscribe",
      { connector: "twin", event: "files.created", url: URL_ },
      ALICE,
    );
    await desk.tell();
    const wanted = await desk.tell({ connector: "twin" });
    expect(await desk.list("deliveries.list")).toMatchObject([{ event: wanted.id, subscription: id }]);
  });
});
