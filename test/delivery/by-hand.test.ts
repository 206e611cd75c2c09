import type { ServerResponse } from "node:http";
import { describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";
import { Desk } from "./desk.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

async function theDelivery(desk: Desk) {
  const [delivery] = await desk.list("deliveries.list", { type: "files.created" });
  return desk.value("deliveries.get", { id: String(delivery?.id) });
}

describe("tries asked for by hand", () => {
  test("use up none of the schedule of a pending delivery: nine of them had it fail within nine seconds", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(500));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.advance(5 * SECOND);
    const { id } = await theDelivery(desk);
    for (let n = 1; n <= 9; n++) {
      await desk.ask("deliveries.retry", { id: String(id) });
      await desk.advance(SECOND);
      expect(await theDelivery(desk)).toMatchObject({ status: "pending", attempt_count: 2 + n });
    }
    await desk.advance(5 * MINUTE);
    expect(await theDelivery(desk)).toMatchObject({ attempt_count: 12 });
    await desk.advance(30 * MINUTE);
    const { status: state, attempts } = await theDelivery(desk);
    expect(state).toBe("pending");
    expect((attempts as { trigger: string }[]).filter(({ trigger }) => trigger === "schedule")).toHaveLength(4);
  });

  test("begin the schedule of one that had ended: the first is its first, and it ends like any other", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.advance(MINUTE);
    const { id } = await theDelivery(desk);
    await desk.ask("deliveries.retry", { id: String(id) });
    await desk.drain();
    expect(await theDelivery(desk)).toMatchObject({ status: "pending", attempt_count: 3 });
    await desk.advance(MINUTE);
    expect(await theDelivery(desk)).toMatchObject({ status: "failed", reason: "exhausted", attempt_count: 4 });
  });

  test("take the place of the first of the schedule before that came", async () => {
    const desk = await Desk.open({ schedule: "1h,1m" });
    const to = await receiver(status(500));
    await desk.subscribe(to.url());
    await desk.tell();
    const { id } = await theDelivery(desk);
    await desk.ask("deliveries.retry", { id: String(id) });
    await desk.advance(MINUTE);
    expect(await theDelivery(desk)).toMatchObject({ status: "failed", attempt_count: 2 });
  });
});

describe("a last try that fails, during which its delivery was", () => {
  /** Asks for something while the last try is under way, has that fail, and gives the types that operators are told. */
  async function toldAfter(command: "retry" | "cancel") {
    const desk = await Desk.open({ schedule: "0s" });
    const hung: ServerResponse[] = [];
    const to = await receiver((response) => void hung.push(response), status(204));
    const ops = await receiver();
    await desk.subscribe(to.url());
    await desk.subscribe(ops.url(), { events: ["tidewire.*"] });
    await desk.tell();
    await to.arrived(1);
    await desk.ask(`deliveries.${command}`, { id: String((await theDelivery(desk)).id) });
    hung[0]?.writeHead(500).end();
    await desk.drain();
    return { desk, types: ops.received().map(({ body }) => body.type) };
  }

  test("retried is not told as exhausted: it was, and was then delivered", async () => {
    const { desk, types } = await toldAfter("retry");
    expect(await theDelivery(desk)).toMatchObject({ status: "delivered", attempt_count: 2 });
    expect(types).toEqual([]);
  });

  test("cancelled is not told as exhausted", async () => {
    const { desk, types } = await toldAfter("cancel");
    expect(await theDelivery(desk)).toMatchObject({ status: "cancelled", attempt_count: 1 });
    expect(types).toEqual([]);
  });
});

describe("a try during which its delivery was cancelled and retried", () => {
  /** Tells some events, has the first one's try answered with a code once it was cancelled and retried. */
  async function revivedDuring(code: number, count: number, more: JsonObject = {}) {
    const desk = await Desk.open({ schedule: "0s,1h" });
    const hung: ServerResponse[] = [];
    const to = await receiver((response) => void hung.push(response), status(204));
    await desk.subscribe(to.url(), more);
    const told = await desk.tellMany(count);
    await to.arrived(1);
    const head = (await desk.list("deliveries.list")).at(-1);
    await desk.clock.advance(SECOND);
    await desk.ask("deliveries.cancel", { id: String(head?.id) });
    await desk.clock.advance(SECOND);
    await desk.ask("deliveries.retry", { id: String(head?.id) });
    await desk.clock.advance(SECOND);
    hung[0]?.writeHead(code).end();
    await desk.drain();
    const order = to.received().map(({ id }) => told.findIndex((event) => event.id === id));
    return { to, order, head: await desk.value("deliveries.get", { id: String(head?.id) }) };
  }

  test("ends it when that is taken: it was sent twice", async () => {
    const { head, order } = await revivedDuring(204, 1);
    expect(head).toMatchObject({ status: "delivered", attempt_count: 1, attempts: [{ number: 1, status: 204 }] });
    expect(order).toEqual([0]);
  });

  test("is on record when that fails, and the next has the next number: both were the first", async () => {
    const { head, to } = await revivedDuring(500, 1);
    expect(head).toMatchObject({
      status: "delivered",
      attempts: [
        { number: 1, status: 500, trigger: "schedule" },
        { number: 2, status: 204, trigger: "manual" },
      ],
    });
    expect(to.received().map(({ attempt }) => attempt)).toEqual([1, 2]);
  });

  test.each([
    [204, [0, 1, 2]],
    [500, [0, 0, 1, 2]],
  ])("has those behind it go on in their order (%d): they stood for 30 seconds", async (code, expected) => {
    const { head, order } = await revivedDuring(code, 3, { ordered: true });
    expect(head).toMatchObject({ status: "delivered" });
    expect(order).toEqual(expected);
  });
});

describe("a head that is cancelled while its try is under way keeps its turn until that ends:", () => {
  /** Some events in order, of which the first hangs and is cancelled; the second try hangs, too, and all others are taken. */
  async function cancelledHead(count: number) {
    const desk = await Desk.open({ schedule: "0s,1h", wrap: (store) => ({ ...store }) });
    const hung: ServerResponse[] = [];
    const hang = (response: ServerResponse) => void hung.push(response);
    const to = await receiver(hang, hang, status(204));
    await desk.subscribe(to.url(), { ordered: true });
    const told = await desk.tellMany(count);
    await to.arrived(1);
    const act = async (command: "cancel" | "retry", n: number) => {
      const [its] = await desk.list("deliveries.list", { event: String(told[n]?.id) });
      await desk.ask(`deliveries.${command}`, { id: String(its?.id) });
    };
    await act("cancel", 0);
    await desk.clock.advance(SECOND);
    const order = () => to.received().map(({ id }) => told.findIndex((event) => event.id === id));
    return { desk, hung, to, told, act, order };
  }

  /** Its try fails, and it alone is tried again; gives in what order all went. */
  async function failsThenGoesAlone({ desk, hung, to, order }: Awaited<ReturnType<typeof cancelledHead>>) {
    hung[0]?.writeHead(500).end();
    await to.arrived(2);
    await desk.clock.advance(10 * SECOND);
    expect(order()).toEqual([0, 0]);
    hung[1]?.writeHead(204).end();
    await desk.drain();
    return order();
  }

  test("an event that comes meanwhile waits: it was sent beside the try", async () => {
    const { desk, hung, to } = await cancelledHead(1);
    await desk.tell();
    await desk.clock.advance(SECOND);
    expect(to.received()).toHaveLength(1);
    hung[0]?.writeHead(204).end();
    await to.arrived(2);
    hung[1]?.writeHead(204).end();
  });

  test("the next waits, though somebody retries it", async () => {
    const { desk, hung, to, act, order } = await cancelledHead(3);
    await act("retry", 2);
    await act("retry", 1);
    await desk.clock.advance(SECOND);
    expect(order()).toEqual([0]);
    hung[0]?.writeHead(500).end();
    await to.arrived(2);
    hung[1]?.writeHead(204).end();
    await desk.drain();
    expect(order()).toEqual([0, 1, 2]);
  });

  test("once it is replayed the try counts, and the next goes when it is taken: that waited 28 s more", async () => {
    const { desk, hung, to, told, order } = await cancelledHead(2);
    await desk.ask("events.replay", { id: String(told[0]?.id) });
    hung[0]?.writeHead(204).end();
    await to.arrived(2);
    hung[1]?.writeHead(204).end();
    await desk.drain();
    expect(order()).toEqual([0, 1]);
    const states = (await desk.list("deliveries.list")).map(({ status: state }) => state);
    expect(states).toEqual(["delivered", "delivered"]);
  });

  test("once it is replayed and the try fails, it goes again before the next: both went at once", async () => {
    const head = await cancelledHead(2);
    await head.desk.ask("events.replay", { id: String(head.told[0]?.id) });
    expect(await failsThenGoesAlone(head)).toEqual([0, 0, 1]);
  });

  test("once it is retried it has the turn alone, though the next was cancelled meanwhile: two had it", async () => {
    const head = await cancelledHead(3);
    await head.act("cancel", 1);
    await head.act("retry", 0);
    await head.desk.clock.advance(4 * SECOND);
    expect(await failsThenGoesAlone(head)).toEqual([0, 0, 2]);
  });

  test("when what came of that cannot be written, the next goes a second later: nobody ended the turn", async () => {
    const { desk, hung, to, order } = await cancelledHead(2);
    const { store } = desk.ports;
    const { commitAttempt } = store;
    store.commitAttempt = () => {
      store.commitAttempt = commitAttempt;
      throw new Error("the disk is gone");
    };
    hung[0]?.writeHead(204).end();
    await desk.drain();
    expect(order()).toEqual([0]);
    await desk.clock.advance(SECOND);
    await to.arrived(2);
    hung[1]?.writeHead(204).end();
    await desk.drain();
    expect(order()).toEqual([0, 1]);
  });

  test("it is not shown as due", async () => {
    const { desk, hung } = await cancelledHead(1);
    expect(await theDelivery(desk)).toMatchObject({ status: "cancelled", next_attempt_at: null });
    hung[0]?.writeHead(204).end();
  });

  test("retention leaves it until then: the next would wait for ever", async () => {
    const { desk, hung, to, order } = await cancelledHead(2);
    const { events } = await desk.ports.store.prune(desk.clock.now() + 1, 100, { timestamp: 0, seq: 0 });
    expect(events).toBe(0);
    hung[0]?.writeHead(204).end();
    await to.arrived(2);
    hung[1]?.writeHead(204).end();
    await desk.drain();
    expect(order()).toEqual([0, 1]);
  });
});

describe("a retry by hand while the receiver holds the subscription", () => {
  const HELD = status(503, { "retry-after": "3600" });

  /** A held subscription with five deliveries, of which one was tried; `retry` asks for the nth. */
  async function held(more: JsonObject = {}) {
    const desk = await Desk.open();
    const to = await receiver(HELD, status(204));
    const { id } = await desk.subscribe(to.url(), { max_in_flight: 1, ...more });
    const told = await desk.tellMany(5);
    await desk.drain();
    const order = () => to.received().map((one) => told.findIndex((event) => event.id === one.id));
    const retry = async (n: number) => {
      const all = await desk.list("deliveries.list", { event: String(told[n]?.id) });
      await desk.ask("deliveries.retry", { id: String(all[0]?.id) });
    };
    return { desk, to, id, order, retry };
  }

  test("sends that one at once, and no other before the hold ends: it was lifted for all", async () => {
    const { desk, id, order, retry } = await held();
    await retry(4);
    await retry(2);
    await desk.tell();
    await desk.drain();
    expect(order()).toEqual([0, 4, 2]);
    const { hold_until: until } = await desk.value("subscriptions.get", { id });
    await desk.advance(Date.parse(String(until)) - desk.clock.now() - 1);
    expect(order()).toEqual([0, 4, 2]);
    await desk.advance(1);
    await desk.advance(2 * SECOND);
    expect(order().toSorted()).toEqual([-1, 0, 0, 1, 2, 3, 4]);
  });

  test("sends the one that met it, too", async () => {
    const { desk, order, retry } = await held();
    await retry(0);
    await desk.drain();
    expect(order()).toEqual([0, 0]);
  });

  test("counts a longer one that the receiver asks for then", async () => {
    const { desk, to, id, retry } = await held();
    to.script(status(429, { "retry-after": "7200" }));
    await retry(4);
    await desk.drain();
    const { hold_until: until } = await desk.value("subscriptions.get", { id });
    expect(Date.parse(String(until)) - desk.clock.now()).toBe(120 * MINUTE);
    expect(to.received()).toHaveLength(2);
  });

  test("keeps to the subscription's rate", async () => {
    const { desk, order, retry } = await held({ rate_limit: { per_minute: 1 } });
    await retry(4);
    await desk.advance(MINUTE - 1);
    expect(order()).toEqual([0]);
    await desk.advance(1);
    expect(order()).toEqual([0, 4]);
  });

  test("keeps the order of an ordered one", async () => {
    const { desk, order, retry } = await held({ ordered: true });
    await retry(4);
    await desk.drain();
    expect(order()).toEqual([0]);
    await retry(0);
    await desk.drain();
    expect(order()).toEqual([0, 0]);
  });

  test("sends it once, also when it is asked for twice", async () => {
    const { desk, order, retry } = await held();
    await Promise.all([retry(3), retry(3)]);
    await desk.drain();
    await desk.advance(2 * 60 * MINUTE);
    expect(order().filter((n) => n === 3)).toEqual([3]);
  });

  test("sends one at once that was asked for during its try, and no other: it waited for the end of the hold", async () => {
    const desk = await Desk.open({ schedule: "0s,2h" });
    const hung: ServerResponse[] = [];
    const to = await receiver((response) => void hung.push(response), HELD, status(204));
    const { id } = await desk.subscribe(to.url());
    const first = await desk.tell();
    await to.arrived(1);
    const second = await desk.tell();
    await to.arrived(2);
    await vi.waitFor(async () =>
      expect(await desk.value("subscriptions.get", { id })).not.toMatchObject({ hold_until: null }),
    );
    const [delivery] = await desk.list("deliveries.list", { event: first.id });
    await desk.ask("deliveries.retry", { id: String(delivery?.id) });
    await desk.tell();
    hung[0]?.writeHead(500).end();
    await desk.drain();
    expect(to.received().map((one) => one.id)).toEqual([first.id, second.id, first.id]);
    const after = await desk.value("deliveries.get", { id: String(delivery?.id) });
    expect(after).toMatchObject({ status: "delivered", attempt_count: 2 });
  });
});
