import { mkdtempSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { publish } from "../../src/events/publish.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { newVaultKey } from "../../src/kernel/vault.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { busyReceiver, type Receiver, receiver } from "../support/receiver.ts";
import { silence, status } from "../support/upstream.ts";
import { Desk } from "./desk.ts";

/** Tells events whose payloads are these, in one commit. */
async function tell(desk: Desk, ...data: JsonObject[]): Promise<void> {
  await publish(
    desk.ports,
    data.map((one) => desk.event({ data: one })),
  );
}

const payloads = (to: Receiver, path?: string) => to.received(path).map(({ body }) => (body.data as JsonObject).n);
const numbered = (count: number, more: JsonObject = {}) => Array.from({ length: count }, (_, n) => ({ n, ...more }));

/** The id of the delivery of the nth event that was told to a subscription. */
async function deliveryId(desk: Desk, subscription: string, n: number): Promise<string> {
  const all = await desk.list("deliveries.list", { subscription, limit: 200 });
  return String(all[all.length - 1 - n]?.id);
}

describe("ordered", () => {
  test("sends one at a time, in the order of commits", async () => {
    const desk = await Desk.open();
    const to = await busyReceiver();
    await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, ...numbered(30));
    await desk.drain();
    expect(payloads(to)).toEqual(numbered(30).map(({ n }) => n));
    expect(to.most()).toBe(1);
  });

  test("sends nothing while the head waits for its next try, and others go on", async () => {
    const desk = await Desk.open({ schedule: "0s,1m,1m" });
    const to = await receiver(status(500));
    const free = await receiver();
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await desk.subscribe(free.url());
    await tell(desk, ...numbered(3));
    await desk.drain();
    expect(payloads(to)).toEqual([0]);
    expect(payloads(free)).toEqual([0, 1, 2]);
    const waiting = await desk.value("deliveries.get", { id: await deliveryId(desk, id, 1) });
    expect(waiting).toMatchObject({ status: "pending", attempt_count: 0, next_attempt_at: null });
    to.script(status(204));
    await desk.advance(60_000);
    expect(payloads(to)).toEqual([0, 0, 1, 2]);
  });

  test("goes on after the head failed for good", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500), status(500), status(204));
    await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, ...numbered(3));
    await desk.drain();
    await desk.advance(60_000);
    expect(payloads(to)).toEqual([0, 0, 1, 2]);
    expect((await desk.list("deliveries.list")).map((one) => one.status)).toEqual(["delivered", "delivered", "failed"]);
  });

  test("keeps the schedule's first delay of each: the second went with the first", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.subscribe(to.url(), { ordered: true, retry_schedule: ["1m", "1m"] });
    const start = desk.clock.now();
    await tell(desk, { n: 0 });
    await desk.advance(59_000);
    await tell(desk, { n: 1 }, { n: 2 });
    await desk.advance(1_000);
    expect(payloads(to)).toEqual([0]);
    await desk.advance(58_999);
    expect(payloads(to)).toEqual([0]);
    await desk.advance(1);
    expect(payloads(to)).toEqual([0, 1, 2]);
    expect(to.received().map(({ timestamp }) => timestamp - start / 1_000)).toEqual([60, 119, 119]);
  });

  test("goes on at once after a head was cancelled that waits for its next try", async () => {
    const desk = await Desk.open({ schedule: "0s,1h" });
    const to = await receiver(status(500), status(204));
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, ...numbered(4));
    await desk.drain();
    await desk.value("deliveries.cancel", { id: await deliveryId(desk, id, 2) });
    await desk.value("deliveries.cancel", { id: await deliveryId(desk, id, 0) });
    await desk.drain();
    expect(payloads(to)).toEqual([0, 1, 3]);
  });

  test.each([204, 500])(
    "goes on when the try of a cancelled head ends (%d): the next was sent beside it",
    async (code) => {
      const desk = await Desk.open({ schedule: "0s,1h" });
      const hung: ServerResponse[] = [];
      const to = await receiver((response) => void hung.push(response), status(204));
      const { id } = await desk.subscribe(to.url(), { ordered: true });
      await tell(desk, ...numbered(3));
      await to.arrived(1);
      await desk.clock.advance(1_000);
      await desk.value("deliveries.cancel", { id: await deliveryId(desk, id, 0) });
      await desk.clock.advance(1_000);
      await tell(desk, { n: 3 });
      expect(payloads(to)).toEqual([0]);
      hung[0]?.writeHead(code).end();
      await desk.drain();
      expect(payloads(to)).toEqual([0, 1, 2, 3]);
      const head = await desk.value("deliveries.get", { id: await deliveryId(desk, id, 0) });
      expect(head).toMatchObject({ status: "cancelled", attempts: [{ status: code }] });
    },
  );

  test("goes on after the process died while the try of a cancelled head was under way", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const options = { path: join(folder, "tidewire.db"), clock: new ManualClock(), vaultKey: newVaultKey() };
    const to = await receiver(silence, status(204));
    const dying = await Desk.open({ ...options, wrap: (store) => ({ ...store }) });
    const { id } = await dying.subscribe(to.url(), { ordered: true });
    dying.ports.store.commitAttempt = () => new Promise(() => {});
    await tell(dying, ...numbered(3));
    await to.arrived(1);
    await dying.value("deliveries.cancel", { id: await deliveryId(dying, id, 0) });
    await dying.close();
    const next = await Desk.open(options);
    await next.advance(30_000);
    expect(payloads(to)).toEqual([0, 1, 2]);
  });

  test("keeps what a paused subscription misses as skipped, and sends what comes after", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, ...numbered(3));
    await desk.drain();
    await desk.value("subscriptions.pause", { id });
    await tell(desk, { n: 3 });
    await desk.advance(120_000);
    expect(await desk.list("deliveries.list", { status: "skipped" })).toHaveLength(4);
    to.script(status(204));
    await desk.value("subscriptions.resume", { id });
    await tell(desk, { n: 4 });
    await desk.drain();
    expect(payloads(to)).toEqual([0, 4]);
  });

  test("goes on in order after a restart in the midst of a try", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const options = { path: join(folder, "tidewire.db"), clock: new ManualClock(), vaultKey: newVaultKey() };
    const to = await receiver(status(204), silence);
    const first = await Desk.open(options);
    await first.subscribe(to.url(), { ordered: true });
    await tell(first, ...numbered(5));
    await to.arrived(2);
    await first.close();
    to.script(status(204));
    const next = await Desk.open(options);
    await next.drain();
    expect(payloads(to)).toEqual([0, 1, 1, 2, 3, 4]);
  });

  test("repeats the one that was under way when the process died, before the next", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const options = { path: join(folder, "tidewire.db"), clock: new ManualClock(), vaultKey: newVaultKey() };
    const to = await receiver();
    const dying = await Desk.open({ ...options, wrap: (store) => ({ ...store }) });
    await dying.subscribe(to.url(), { ordered: true });
    dying.ports.store.commitAttempt = () => new Promise(() => {});
    await tell(dying, ...numbered(3));
    await to.arrived(1);
    await dying.close();
    const next = await Desk.open(options);
    await next.drain();
    expect(payloads(to)).toEqual([0, 0, 1, 2]);
  });

  test("sends what was skipped again in its old order, before what is newer", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver();
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await desk.value("subscriptions.pause", { id });
    await tell(desk, ...numbered(3));
    await desk.value("subscriptions.resume", { id });
    to.script(status(500), status(204));
    await tell(desk, { n: 3 }, { n: 4 });
    await desk.drain();
    for (const n of [0, 1, 2]) await desk.value("deliveries.retry", { id: await deliveryId(desk, id, n) });
    await desk.advance(60_000);
    expect(payloads(to)).toEqual([3, 3, 0, 1, 2, 4]);
  });

  test("has a retried delivery wait for the one whose turn it is, and go before newer ones", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(204), status(500));
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, ...numbered(4));
    await desk.drain();
    expect(payloads(to)).toEqual([0, 1]);
    const retry = async (n: number) => desk.value("deliveries.retry", { id: await deliveryId(desk, id, n) });
    expect(await retry(0)).toMatchObject({ status: "pending", next_attempt_at: null });
    expect(await retry(3)).toMatchObject({ status: "pending", next_attempt_at: null });
    await desk.drain();
    expect(payloads(to)).toEqual([0, 1]);
    to.script(status(204));
    await retry(1);
    await desk.drain();
    expect(payloads(to)).toEqual([0, 1, 1, 0, 2, 3]);
    await retry(2);
    await desk.drain();
    expect(payloads(to).at(-1)).toBe(2);
    const tried = await desk.value("deliveries.get", { id: await deliveryId(desk, id, 2) });
    expect((tried.attempts as JsonObject[]).map(({ trigger }) => trigger)).toEqual(["schedule", "manual"]);
  });

  test("leaves nothing pending behind a subscription that is deleted", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, ...numbered(3));
    await desk.drain();
    await desk.value("subscriptions.delete", { id });
    expect((await desk.list("deliveries.list")).map((one) => one.status)).toEqual(Array(3).fill("cancelled"));
  });

  test("holds for events told from then on: what is pending keeps the order that it was told in", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url(), { ordered: true });
    await tell(desk, { n: 0 }, { n: 1 });
    await desk.drain();
    await desk.value("subscriptions.update", { id, ordered: false });
    await tell(desk, { n: 2 }, { n: 3 });
    await desk.drain();
    expect(payloads(to)).toEqual([0, 2, 3]);
  });
});

describe("ordering_key", () => {
  test("keeps the order of each value, and lets the others go on", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver((response, { body }) => {
      const { key } = (JSON.parse(body.toString()) as { data: { key: string } }).data;
      response.writeHead(key === "ill" ? 500 : 204).end();
    });
    await desk.subscribe(to.url(), { ordering_key: "data.key" });
    const keys = ["ill", "a", "b"];
    await tell(desk, ...Array.from({ length: 12 }, (_, n) => ({ n, key: keys[n % 3] ?? "" })));
    await desk.drain();
    const of = (key: string) =>
      to.received().flatMap(({ body }) => ((body.data as JsonObject).key === key ? [(body.data as JsonObject).n] : []));
    expect([of("ill"), of("a"), of("b")]).toEqual([[0], [1, 4, 7, 10], [2, 5, 8, 11]]);
  });

  test("keeps those that lack the value in an order of their own", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500), status(204));
    await desk.subscribe(to.url(), { ordering_key: "data.key", max_in_flight: 1 });
    await tell(desk, { n: 0 }, { n: 1 }, { n: 2, key: "a" });
    await desk.drain();
    expect(payloads(to)).toEqual([0, 2]);
  });

  test("keeps max_in_flight over all values", async () => {
    const desk = await Desk.open();
    const to = await receiver(silence);
    await desk.subscribe(to.url(), { ordering_key: "data.key", max_in_flight: 4 });
    await tell(desk, ...Array.from({ length: 40 }, (_, n) => ({ n, key: n % 20 })));
    await to.arrived(4);
    await desk.clock.advance(1);
    expect(to.received()).toHaveLength(4);
  });
});
