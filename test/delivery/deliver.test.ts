import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { DeliverWorker } from "../../src/delivery/deliver.ts";
import { Receiver, receiver, verified } from "../support/receiver.ts";
import { hangUp, silence, status, text } from "../support/upstream.ts";
import { ALICE, actor, BOB, Desk } from "./desk.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

async function oneDelivery(desk: Desk) {
  const [delivery] = await desk.list("deliveries.list");
  return desk.value("deliveries.get", { id: String(delivery?.id) });
}

/** A subscription whose receiver was sent a webhook and has not answered; `answer` has it do so. */
async function tryUnderWay() {
  const desk = await Desk.open();
  const held: ServerResponse[] = [];
  const to = await receiver((response) => void held.push(response));
  const { id } = await desk.subscribe(to.url());
  await desk.tell();
  await to.arrived(1);
  return { desk, id, answer: (code: number) => held[0]?.writeHead(code).end() };
}

describe("a delivery", () => {
  test("goes out at once, signed, with the event's id, and verifies with the official library", async () => {
    const desk = await Desk.open();
    const to = await receiver(text("thanks"));
    const { secret } = await desk.subscribe(to.url(), { headers: { "X-Mine": "yes", authorization: "Bearer t" } });
    const event = await desk.tell();
    await desk.drain();
    const [webhook] = to.received();
    expect(webhook?.headers).toMatchObject({
      "webhook-id": event.id,
      "webhook-timestamp": String(desk.clock.now() / 1000),
      "tidewire-attempt": "1",
      "content-type": "application/json",
      "accept-encoding": "identity",
      "x-mine": "yes",
      authorization: "Bearer t",
    });
    expect(webhook?.headers["user-agent"]).toMatch(/^Tidewire\/\d+\.\d+\.\d+$/);
    const body = verified(webhook!, secret, desk.clock.now());
    expect(body).toEqual(await desk.value("events.get", { id: event.id }));
    expect(await oneDelivery(desk)).toMatchObject({
      event: event.id,
      type: "files.created",
      status: "delivered",
      attempts: [{ number: 1, class: "ok", status: 200, trigger: "schedule", response_body: "thanks", error: null }],
    });
  });

  test("in raw format carries the payload alone, signed", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const { secret } = await desk.subscribe(to.url(), { format: "raw" });
    const event = await desk.tell();
    await desk.drain();
    expect(verified(to.received()[0]!, secret, desk.clock.now())).toEqual(event.data);
  });

  test("is tried again by the schedule until it is taken: same id and body, new time and signature", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500), status(404), status(200));
    const { secret } = await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.advance(4_999);
    expect(to.received()).toHaveLength(1);
    await desk.advance(1);
    expect(to.received()).toHaveLength(2);
    await desk.advance(5 * MINUTE);
    const [first, , third] = to.received();
    expect(to.received().map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(third).toMatchObject({ id: first?.id, text: first?.text });
    expect(third!.timestamp - first!.timestamp).toBe(305);
    expect(verified(third!, secret, desk.clock.now())).toEqual(JSON.parse(third!.text));
    const { status: state, attempts } = await oneDelivery(desk);
    expect(state).toBe("delivered");
    expect(attempts).toMatchObject([{ class: "http_5xx" }, { class: "http_4xx" }, { class: "ok" }]);
  });

  test("with delays of zero is tried again at once, each time", async () => {
    const desk = await Desk.open({ schedule: "0s,0s,0s,0s" });
    const to = await receiver(status(500), status(500), status(500), status(200));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    expect(await oneDelivery(desk)).toMatchObject({ status: "delivered", attempt_count: 4 });
  });

  test("fails for good after the last try, is told as exhausted, and can be retried by hand", async () => {
    const desk = await Desk.open({ schedule: "0s,5s" });
    const to = await receiver(status(500), status(500), status(200));
    const ops = await receiver();
    await desk.subscribe(to.url());
    await desk.subscribe(ops.url(), { events: ["tidewire.*"] });
    const event = await desk.tell();
    await desk.drain();
    await desk.advance(5 * SECOND);
    const [failed] = await desk.list("deliveries.list", { status: "failed" });
    expect(failed).toMatchObject({ reason: "exhausted", attempt_count: 2, next_attempt_at: null });
    expect(ops.received()[0]?.body).toMatchObject({
      type: "tidewire.delivery.exhausted",
      data: { delivery: failed?.id, event: event.id, attempts: 2, error: "the receiver answered 500" },
    });
    await desk.ask("deliveries.retry", { id: String(failed?.id) });
    await desk.drain();
    expect(await desk.value("deliveries.get", { id: String(failed?.id) })).toMatchObject({
      status: "delivered",
      attempts: [{ trigger: "schedule" }, { trigger: "schedule" }, { number: 3, trigger: "manual" }],
    });
  });

  test("a pending one that is retried by hand goes at once, counts as manual, and then follows the schedule", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500), status(500), status(200));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    const { id } = await oneDelivery(desk);
    await desk.ask("deliveries.retry", { id: String(id) });
    await desk.drain();
    expect(to.received()).toHaveLength(2);
    await desk.advance(5 * MINUTE);
    const { attempts } = await oneDelivery(desk);
    expect(attempts).toMatchObject([
      { trigger: "schedule" },
      { trigger: "manual" },
      { trigger: "schedule", class: "ok" },
    ]);
  });

  describe("retried by hand while a try is under way", () => {
    /** Answers the held try with a code once a retry was asked for, and gives the delivery then. */
    async function askedDuring(schedule: string, code: number, { waitMs = 0, byHand = false } = {}) {
      const desk = await Desk.open({ schedule });
      const hung: ServerResponse[] = [];
      const hang = (response: ServerResponse) => void hung.push(response);
      const to = byHand ? await receiver(status(500), hang, status(204)) : await receiver(hang, status(204));
      await desk.subscribe(to.url());
      await desk.tell();
      if (byHand) {
        await desk.drain();
        await desk.ask("deliveries.retry", { id: String((await oneDelivery(desk)).id) });
      }
      await to.arrived(byHand ? 2 : 1);
      await desk.clock.advance(waitMs);
      const { id } = await oneDelivery(desk);
      const asked = await desk.value("deliveries.retry", { id: String(id) });
      expect(asked).toMatchObject({ status: "pending", next_attempt_at: new Date(desk.clock.now()).toISOString() });
      hung[0]?.writeHead(code).end();
      await desk.drain();
      return oneDelivery(desk);
    }
    const SENT_AGAIN = { status: "delivered", attempts: [{ class: "http_5xx" }, { trigger: "manual", class: "ok" }] };

    test.each([0, 1_000])(
      "it goes again at once when that fails: it waited for the schedule (%d ms later)",
      async (waitMs) => {
        expect(await askedDuring("0s,1h", 500, { waitMs })).toMatchObject(SENT_AGAIN);
      },
    );

    test("it goes again at once when that was its last by the schedule", async () => {
      expect(await askedDuring("0s", 500)).toMatchObject(SENT_AGAIN);
    });

    test("it goes again at once when that was asked for too", async () => {
      const { attempts } = await askedDuring("0s,1h", 500, { waitMs: 1_000, byHand: true });
      expect(attempts).toMatchObject([
        { trigger: "schedule" },
        { trigger: "manual" },
        { trigger: "manual", class: "ok" },
      ]);
    });

    test("it is not sent twice when that is taken", async () => {
      expect(await askedDuring("0s,1h", 204)).toMatchObject({ status: "delivered", attempt_count: 1 });
    });
  });
});

describe("what a try meets", () => {
  test("a redirect is a failure and is not followed", async () => {
    const desk = await Desk.open();
    const elsewhere = await receiver();
    const to = await receiver(status(307, { location: elsewhere.url() }));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    expect(elsewhere.received()).toHaveLength(0);
    expect(await oneDelivery(desk)).toMatchObject({
      status: "pending",
      attempts: [{ class: "http_3xx", status: 307 }],
    });
  });

  test.each([400, 401, 404, 408, 413, 425, 429, 451, 500, 503, 599])(
    "%d is tried again: a receiver may be mended",
    async (code) => {
      const desk = await Desk.open();
      const to = await receiver(status(code));
      const { id } = await desk.subscribe(to.url());
      await desk.tell();
      await desk.drain();
      const verdict = code < 500 ? "http_4xx" : "http_5xx";
      expect(await oneDelivery(desk)).toMatchObject({
        status: "pending",
        attempts: [{ class: verdict, status: code }],
      });
      expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "active", hold_until: null });
      await desk.advance(5 * SECOND);
      expect(to.received()).toHaveLength(2);
    },
  );

  test("its lease is longer than the longest deadline of a try", async () => {
    const desk = await Desk.open();
    await expect(desk.subscribe("https://hooks.example.com/", { timeout: "31s" })).rejects.toThrow("1 to 30 s");
    expect(new DeliverWorker(desk.ports).leaseMs).toBeGreaterThan(30 * SECOND);
  });

  test("silence ends at the subscription's deadline", async () => {
    const desk = await Desk.open();
    const to = await receiver(silence);
    await desk.subscribe(to.url(), { timeout: 2 });
    await desk.tell();
    await to.arrived(1);
    await desk.clock.advance(1_999);
    expect((await oneDelivery(desk)).attempts).toEqual([]);
    await desk.advance(1);
    expect(await oneDelivery(desk)).toMatchObject({
      attempts: [{ class: "timeout", status: null, duration_ms: 2_000, response_body: null }],
    });
  });

  test("a broken connection is a reset, a closed port a failure to connect", async () => {
    const desk = await Desk.open();
    const to = await receiver(hangUp);
    await desk.subscribe(to.url());
    const closed = await Receiver.start();
    await desk.subscribe(closed.url());
    await closed.stop();
    await desk.tell();
    await desk.drain();
    const all = await desk.list("deliveries.list");
    const tried = await Promise.all(all.map(({ id }) => desk.value("deliveries.get", { id: String(id) })));
    expect(tried.map(({ attempts }) => (attempts as { class: string }[])[0]?.class).sort()).toEqual([
      "connect",
      "reset",
    ]);
  });

  test("an address that is no longer allowed is blocked and never connected to", async () => {
    const to = await receiver();
    const desk = await Desk.open({ allowed: "127.0.0.1,127.0.0.2" });
    const { id } = await desk.subscribe(to.url());
    await desk.ports.store.subscriptions.update(id, {
      url: to.url().replace("127.0.0.1", "127.0.0.3"),
      updatedAt: desk.clock.now() + 1,
    });
    await desk.tell();
    await desk.drain();
    expect(to.received()).toHaveLength(0);
    expect(await oneDelivery(desk)).toMatchObject({ attempts: [{ class: "blocked", status: null }] });
  });

  test("only the first 16 KiB of an answer are kept, whatever bytes they are", async () => {
    const desk = await Desk.open();
    const to = await receiver((response) => void response.writeHead(200).end(Buffer.alloc(1_000_000, 0xff)));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    const { status: state, attempts } = await oneDelivery(desk);
    expect(state).toBe("delivered");
    expect((attempts as { response_body: string }[])[0]?.response_body).toBe("\ufffd".repeat(16 * 1024));
  });

  test("a 200 whose body never ends is a success at the deadline", async () => {
    const desk = await Desk.open();
    const to = await receiver((response) => void response.writeHead(200).write("tick"));
    const { promise: headIsThere, resolve } = Promise.withResolvers<void>();
    const { targets } = desk.ports;
    desk.ports.targets = (...call) => targets(...call).finally(resolve);
    await desk.subscribe(to.url());
    await desk.tell();
    await headIsThere;
    await desk.advance(15 * SECOND);
    expect(await oneDelivery(desk)).toMatchObject({ status: "delivered", attempts: [{ class: "ok", status: 200 }] });
  });
});

describe("a subscription's health", () => {
  test("410 disables it as gone; what is pending is kept as skipped; operators are told, the endpoint is not", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500), status(410), status(200));
    const ops = await receiver();
    const { id } = await desk.subscribe(to.url(), { events: ["files.*", "tidewire.*"] });
    await desk.subscribe(ops.url(), { events: ["tidewire.subscription.*"] });
    await desk.tell();
    await desk.drain();
    await desk.tell();
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled", reason: "gone" });
    await desk.tell();
    await desk.advance(5 * SECOND);
    expect(to.received()).toHaveLength(2);
    const mine = await desk.list("deliveries.list", { subscription: id, type: "files.created" });
    expect(mine.map(({ status: state, reason }) => [state, reason])).toEqual([
      ["skipped", "gone"],
      ["failed", "gone"],
      ["skipped", "gone"],
    ]);
    expect(ops.received().map(({ body }) => body)).toMatchObject([
      { type: "tidewire.subscription.disabled", connector: "tidewire", data: { subscription: id, reason: "gone" } },
    ]);
    const resumed = await desk.value("subscriptions.resume", { id });
    expect(resumed).toMatchObject({ status: "active", reason: null, missed: 3, consecutive_failures: 0 });
    await desk.tell();
    await desk.drain();
    expect(to.received()).toHaveLength(3);
  });

  test("429 with Retry-After holds every delivery of the subscription, and no other's", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(429, { "retry-after": "3600" }), status(200));
    const other = await receiver();
    const { id } = await desk.subscribe(to.url());
    await desk.subscribe(other.url());
    await desk.tell();
    await desk.drain();
    for (let n = 0; n < 5; n++) await desk.tell();
    await desk.drain();
    await desk.advance(HOUR - 1);
    expect(to.received()).toHaveLength(1);
    expect(other.received()).toHaveLength(6);
    expect(await desk.list("deliveries.list", { subscription: id, status: "pending" })).toHaveLength(6);
    await desk.advance(1);
    await desk.advance(2 * SECOND);
    expect(to.received()).toHaveLength(7);
  });

  test("a delivery that waits for the hold is told to be tried when that ends", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(429, { "retry-after": "3600" }));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    const heldUntil = new Date(desk.clock.now() + HOUR).toISOString();
    await desk.tell();
    await desk.advance(SECOND);
    const waiting = await desk.list("deliveries.list", { status: "pending" });
    expect(waiting.map((delivery) => delivery.next_attempt_at)).toEqual([heldUntil, heldUntil]);
    const { id = null } = waiting[0] ?? {};
    expect(await desk.value("deliveries.get", { id })).toMatchObject({ attempt_count: 0, next_attempt_at: heldUntil });
  });

  test("those who listen to one connection hear of it when it is theirs, and nobody else who is bound to connections", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(410));
    const ears = await receiver();
    const { id: up } = await desk.connect("up");
    await desk.subscribe(to.url());
    const bound = { events: ["tidewire.*"], connection: "up" };
    await desk.subscribe(ears.url("/mine"), bound);
    await desk.subscribe(ears.url("/all"), bound, BOB);
    await desk.subscribe(ears.url("/other"), bound, actor("key_carol", [up]));
    await desk.tell();
    await desk.drain();
    expect(ears.received("/mine").map(({ body }) => body.type)).toEqual(["tidewire.subscription.disabled"]);
    expect(ears.received("/all")).toHaveLength(1);
    expect(ears.received("/other")).toHaveLength(0);
  });

  test("an endpoint that cannot take an alarm raises none for it: two such would alarm each other for ever", async () => {
    const desk = await Desk.open({ schedule: "0s" });
    const to = await receiver(status(500));
    await desk.subscribe(to.url("/files"));
    const ears = [await receiver(status(500)), await receiver(status(500))];
    for (const ear of ears) await desk.subscribe(ear.url(), { events: ["tidewire.*"] });
    await desk.tell();
    await desk.drain();
    const told = await desk.list("events.list", { type: "tidewire.*" });
    expect(told.map(({ type }) => type)).toEqual(["tidewire.delivery.exhausted"]);
    expect(ears.map((ear) => ear.received().length)).toEqual([1, 1]);
  });

  test("a URL that was changed during a try is not blamed for the old one's 410", async () => {
    const desk = await Desk.open();
    let answer: () => void = () => {};
    const to = await receiver((response) => {
      answer = () => response.writeHead(410).end();
    });
    const better = await receiver();
    const { id } = await desk.subscribe(to.url());
    await desk.tell();
    await to.arrived(1);
    await desk.value("subscriptions.update", { id, url: better.url() });
    answer();
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "active", consecutive_failures: 0 });
    await desk.advance(5 * SECOND);
    expect(better.received()).toHaveLength(1);
  });

  describe("after a change during the try that makes it no other endpoint", () => {
    const CHANGES = {
      description: (desk: Desk, id: string) => desk.value("subscriptions.update", { id, description: "other" }),
      secret: (desk: Desk, id: string) => desk.value("subscriptions.rotate_secret", { id }),
      pause: (desk: Desk, id: string) => desk.value("subscriptions.pause", { id }),
    };

    /** Holds one try open, makes the change, answers, and gives the subscription as it is then. */
    async function changedDuring(change: keyof typeof CHANGES, code: number, headers = {}, before: number[] = []) {
      const desk = await Desk.open();
      const hung: ServerResponse[] = [];
      const hang = (response: ServerResponse) => void hung.push(response);
      const to = await receiver(...before.map((one) => status(one)), hang);
      const { id } = await desk.subscribe(to.url());
      await desk.tell();
      if (before.length > 0) {
        await desk.drain();
        await desk.clock.advance(5 * SECOND);
      }
      await to.arrived(before.length + 1);
      await CHANGES[change](desk, id);
      hung[0]?.writeHead(code, headers).end();
      await desk.drain();
      return { desk, id, subscription: await desk.value("subscriptions.get", { id }) };
    }

    test.each(["description", "secret", "pause"] as const)("a 410 disables it (%s)", async (change) => {
      const { desk, subscription } = await changedDuring(change, 410);
      expect(subscription).toMatchObject({ status: "disabled", reason: "gone" });
      expect(await oneDelivery(desk)).toMatchObject({ status: "failed", reason: "gone" });
    });

    test("a 429 with Retry-After holds it", async () => {
      const { desk, subscription } = await changedDuring("secret", 429, { "retry-after": "3600" });
      expect(subscription.hold_until).toBe(new Date(desk.clock.now() + HOUR).toISOString());
    });

    test("a success ends the run of failures", async () => {
      const { subscription } = await changedDuring("description", 204, {}, [500]);
      expect(subscription).toMatchObject({ failing_since: null, consecutive_failures: 0 });
    });

    test("the failures of before are counted with those of after", async () => {
      const { subscription } = await changedDuring("description", 500, {}, [500]);
      expect(subscription).toMatchObject({ consecutive_failures: 2 });
    });
  });

  test("a 410 of before it was resumed says nothing", async () => {
    const { desk, id, answer } = await tryUnderWay();
    await desk.value("subscriptions.pause", { id });
    await desk.value("subscriptions.resume", { id });
    answer(410);
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "active", consecutive_failures: 0 });
  });

  test("a 410 of before it was disabled and asked for again says nothing", async () => {
    const desk = await Desk.open();
    const held: ServerResponse[] = [];
    const to = await receiver((response) => void held.push(response));
    const ops = await receiver();
    await desk.subscribe(ops.url(), { events: ["tidewire.subscription.disabled"] });
    const { id } = await desk.subscribe(to.url());
    await desk.tellMany(2);
    await to.arrived(2);
    held[0]?.writeHead(410).end();
    await ops.arrived(1);
    await desk.value("subscriptions.create", { url: to.url(), events: ["files.*"] });
    held[1]?.writeHead(410).end();
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "active", consecutive_failures: 0 });
  });

  test("nothing but failures for five days disables it, with warnings on the way", async () => {
    const desk = await Desk.open({ schedule: "0s,5s,5m,30m,2h,5h,10h,14h,20h,24h" });
    const to = await receiver(status(500));
    const ops = await receiver();
    const { id } = await desk.subscribe(to.url());
    await desk.subscribe(ops.url(), { events: ["tidewire.subscription.*"] });
    for (let hour = 0; hour < 6 * 24; hour++) {
      if (hour % 24 === 0) await desk.tell();
      await desk.advance(HOUR);
    }
    const told = ops.received().map(({ body }) => [body.type, (body.data as { percent?: number }).percent]);
    expect(told).toEqual([
      ["tidewire.subscription.failing", 50],
      ["tidewire.subscription.failing", 70],
      ["tidewire.subscription.failing", 90],
      ["tidewire.subscription.disabled", undefined],
    ]);
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled", reason: "failing" });
  });

  test("many failures at once are all counted", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url());
    for (let n = 0; n < 8; n++) await desk.tell();
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ consecutive_failures: 8 });
  });
});

describe("what happened to the subscription meanwhile", () => {
  test("paused: kept as skipped; deleted: cancelled; nothing is sent", async () => {
    const desk = await Desk.open({ schedule: "1m" });
    const to = await receiver();
    const paused = await desk.subscribe(to.url("/paused"));
    const deleted = await desk.subscribe(to.url("/deleted"));
    await desk.tell();
    await desk.value("subscriptions.pause", { id: paused.id });
    await desk.value("subscriptions.delete", { id: deleted.id });
    await desk.advance(MINUTE);
    expect(to.received()).toHaveLength(0);
    const all = await desk.list("deliveries.list");
    expect(all.map((one) => [one.subscription, one.status, one.reason]).sort()).toEqual(
      [
        [paused.id, "skipped", "paused"],
        [deleted.id, "cancelled", "subscription_deleted"],
      ].sort(),
    );
  });

  test("a rotated secret still signs for a day, then no more", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    const old = await desk.subscribe(to.url());
    const { secret } = await desk.value("subscriptions.rotate_secret", { id: old.id });
    await desk.tell();
    await desk.drain();
    const [during] = to.received();
    expect(during?.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
    for (const one of [old.secret, String(secret)]) {
      expect(verified(during!, one, desk.clock.now())).toEqual(during?.body);
    }
    await desk.advance(24 * HOUR);
    await desk.tell();
    await desk.drain();
    const after = to.received()[1]!;
    expect(verified(after, String(secret), desk.clock.now())).toEqual(after.body);
    expect(() => verified(after, old.secret, desk.clock.now())).toThrow("No matching signature");
  });

  test("deleted while a try was under way: the try is on record; the receiver had it and nobody could see that", async () => {
    const { desk, id, answer } = await tryUnderWay();
    await desk.value("subscriptions.delete", { id });
    answer(204);
    await desk.drain();
    const { id: delivery } = await oneDelivery(desk);
    expect(await desk.value("deliveries.get", { id: String(delivery) })).toMatchObject({
      status: "cancelled",
      reason: "subscription_deleted",
      attempt_count: 1,
      next_attempt_at: null,
      attempts: [{ number: 1, class: "ok", status: 204 }],
    });
  });

  test("cancelled while it waited for a place, in memory too, it is not sent", async () => {
    const desk = await Desk.open();
    const hung: ServerResponse[] = [];
    const to = await receiver((response) => void hung.push(response), status(204));
    await desk.subscribe(to.url(), { max_in_flight: 1 });
    await desk.tell();
    await to.arrived(1);
    await desk.tell();
    const [waiting] = await desk.list("deliveries.list");
    await desk.value("deliveries.cancel", { id: String(waiting?.id) });
    hung[0]?.writeHead(204).end();
    await desk.drain();
    expect(to.received()).toHaveLength(1);
  });

  test("a cancelled delivery is not sent", async () => {
    const desk = await Desk.open({ schedule: "1m" });
    const to = await receiver();
    await desk.subscribe(to.url());
    await desk.tell();
    const { id } = await oneDelivery(desk);
    expect(await desk.value("deliveries.cancel", { id: String(id) })).toMatchObject({ status: "cancelled" });
    await desk.advance(MINUTE);
    expect(to.received()).toHaveLength(0);
    await desk.ask("deliveries.retry", { id: String(id) }, ALICE);
    await desk.drain();
    expect(to.received()).toHaveLength(1);
  });
});
