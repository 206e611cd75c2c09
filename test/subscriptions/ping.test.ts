import { describe, expect, test } from "vitest";
import { Desk } from "../delivery/desk.ts";
import { receiver, verified } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

const EVENTS = ["files.*"];

describe("verify: ping", () => {
  test("sends a signed ping in the subscription's format before it stores anything, and none unless asked", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const made = await desk.value("subscriptions.create", {
      url: to.url(),
      events: EVENTS,
      verify: "ping",
      format: "thin",
      headers: { "x-team": "tides" },
    });
    const [ping] = to.received();
    expect(ping).toMatchObject({
      attempt: 1,
      headers: { "x-team": "tides" },
      body: { type: "tidewire.ping", connector: "tidewire", resource: "subscription" },
    });
    expect(ping?.id).toBe(ping?.body.id);
    expect(verified(ping!, String(made.secret), desk.clock.now())).toEqual(ping?.body);
    expect(made).toMatchObject({ status: "active" });
    expect(await desk.list("deliveries.list")).toEqual([]);
    await desk.subscribe(to.url("/other"));
    await desk.subscribe(to.url("/another"), { verify: "none" });
    expect(to.received()).toHaveLength(1);
  });

  test.each([
    [status(500), "http_5xx", "the receiver answered 500"],
    [status(410), "http_4xx", "the receiver answered 410"],
    [status(302, { location: "https://example.com/" }), "http_3xx", "the receiver answered 302"],
  ])("with any other answer nothing is stored, and the error says how it went", async (answer, code, words) => {
    const desk = await Desk.open();
    const to = await receiver(answer);
    const asked = desk.ask("subscriptions.create", { url: to.url(), events: EVENTS, verify: "ping" });
    await expect(asked).rejects.toMatchObject({
      code: "verification_failed",
      status: 422,
      errors: [{ at: "url", code, message: expect.stringContaining(words) }],
    });
    expect(await desk.list("subscriptions.list")).toEqual([]);
  });

  test("one who never answers is given up at the time-out", async () => {
    const desk = await Desk.open();
    const to = await receiver(() => {});
    const asked = desk.ask("subscriptions.create", { url: to.url(), events: EVENTS, verify: "ping", timeout: "2s" });
    const refused = expect(asked).rejects.toMatchObject({ errors: [{ code: "timeout" }] });
    await to.arrived(1);
    await desk.clock.advance(2_000);
    await refused;
    expect(await desk.list("subscriptions.list")).toEqual([]);
  });

  test("the guard holds for pings too: what may not be called is not", async () => {
    const desk = await Desk.open({ allowed: "10.9.9.9" });
    const to = await receiver();
    const asked = desk.ask("subscriptions.create", { url: to.url(), events: EVENTS, verify: "ping" });
    await expect(asked).rejects.toMatchObject({ code: "invalid_target" });
    const { id } = await desk.subscribe("https://hooks.example.com/a");
    // As if the operator's list had become shorter since: the connection itself is judged.
    await desk.ports.store.subscriptions.update(id, { url: to.url() });
    const again = desk.ask("subscriptions.update", { id, verify: "ping" });
    await expect(again).rejects.toMatchObject({ code: "verification_failed", errors: [{ code: "blocked" }] });
    expect(to.received()).toEqual([]);
  });

  test("a template is left out: it is made for other data", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.subscribe(to.url(), { verify: "ping", template: '["{{data.filename}}"]' });
    expect(to.received()).toMatchObject([{ body: { type: "tidewire.ping" } }]);
  });

  test("a new URL can be asked to answer before it takes the old one's place", async () => {
    const desk = await Desk.open();
    const [old, bad, good] = [await receiver(), await receiver(status(404)), await receiver()];
    const { id, secret } = await desk.subscribe(old.url());
    const move = (url: string) => desk.value("subscriptions.update", { id, url, verify: "ping" });
    await expect(move(bad.url())).rejects.toMatchObject({ code: "verification_failed" });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ url: old.url() });
    expect(await move(good.url())).toMatchObject({ url: good.url() });
    expect(verified(good.received()[0]!, secret, desk.clock.now())).toMatchObject({ data: { subscription: id } });
    expect(old.received()).toEqual([]);
  });

  test("what was changed while the ping was under way stays changed", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe("https://hooks.example.com/a", { description: "old" });
    const to = await receiver(async (response) => {
      await desk.value("subscriptions.update", { id, description: "new" });
      response.writeHead(204).end();
    });
    expect(await desk.value("subscriptions.update", { id, url: to.url(), verify: "ping" })).toMatchObject({
      url: to.url(),
      description: "new",
    });
  });

  test("asked twice at once makes one subscription", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const asked = { url: to.url(), events: EVENTS, verify: "ping" };
    const both = await Promise.all([
      desk.value("subscriptions.create", asked),
      desk.value("subscriptions.create", asked),
    ]);
    expect(both[0]?.id).toBe(both[1]?.id);
    expect(await desk.list("subscriptions.list")).toHaveLength(1);
  });

  test("asked for again it must answer, signed by what will sign: one that was disabled stays so until it does", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(410), status(500), status(204));
    const { id, secret } = await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    const brought = `whsec_${Buffer.alloc(24, 5).toString("base64")}`;
    const again = () =>
      desk.value("subscriptions.create", { url: to.url(), events: EVENTS, verify: "ping", secret: brought });
    await expect(again()).rejects.toMatchObject({ code: "verification_failed" });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled" });
    expect(await again()).toMatchObject({ id, existing: true, status: "active" });
    const ping = to.received().at(-1)!;
    for (const one of [secret, brought]) expect(verified(ping, one, desk.clock.now())).toEqual(ping.body);
  });

  test("an unknown way is refused", async () => {
    const desk = await Desk.open();
    const asked = desk.ask("subscriptions.create", {
      url: "https://hooks.example.com/",
      events: EVENTS,
      verify: "cloudevents",
    });
    await expect(asked).rejects.toThrow('verify: there is no "cloudevents" here. There is "none", "ping".');
  });
});
