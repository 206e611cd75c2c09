import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { publish } from "../../src/events/publish.ts";
import { newVaultKey } from "../../src/kernel/vault.ts";
import type { NewEvent } from "../../src/model/event.ts";
import type { Store } from "../../src/store/contract.ts";
import { Desk } from "../delivery/desk.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { receiver } from "../support/receiver.ts";
import { silence, status } from "../support/upstream.ts";

/** Tells many events in one commit. */
async function tellMany(desk: Desk, count: number, more: Partial<NewEvent> = {}): Promise<void> {
  await publish(
    desk.ports,
    Array.from({ length: count }, () => desk.event(more)),
  );
}

/** Writes down how many jobs were read at once. */
function watched(reads: number[]): (store: Store) => Store {
  return (store) => {
    const due: Store["jobs"]["due"] = async (...args) => {
      const found = await store.jobs.due(...args);
      reads.push(found.length);
      return found;
    };
    return { ...store, jobs: { ...store.jobs, due } };
  };
}

describe("a dead endpoint with thousands pending", () => {
  test("that refuses everything takes turns with a healthy one, and is read a few at a time", async () => {
    const reads: number[] = [];
    const desk = await Desk.open({ schedule: "0s,1h", wrap: watched(reads) });
    const dead = await receiver(status(500));
    const healthy = await receiver();
    await desk.subscribe(dead.url(), { events: ["skills.*"] });
    await desk.subscribe(healthy.url());
    await tellMany(desk, 5_000, { type: "skills.created" });
    await dead.arrived(50);
    const before = dead.received().length;
    await tellMany(desk, 300);
    await healthy.arrived(300);
    // One at a time beside ten at a time: a tenth, and what the first looks cost.
    expect(dead.received().length - before).toBeLessThan(150);
    expect(Math.max(...reads)).toBeLessThanOrEqual(256);
    expect(await desk.ports.store.deliveries.count({ owner: null, status: "delivered" })).toBeGreaterThan(200);
  });

  test("that hangs has its few tries under way and takes nothing else", async () => {
    const desk = await Desk.open();
    const dead = await receiver(silence);
    const healthy = await receiver();
    await desk.subscribe(dead.url(), { events: ["skills.*"] });
    await desk.subscribe(healthy.url());
    await tellMany(desk, 5_000, { type: "skills.created" });
    await dead.arrived(10);
    await tellMany(desk, 300);
    await healthy.arrived(300);
    expect(dead.received()).toHaveLength(10);
  });
});

describe("slow hosts", () => {
  test("a hundred subscriptions on one of them have half of all tries under way at most, and others go on", async () => {
    const desk = await Desk.open();
    const slow = await receiver(silence);
    const healthy = await receiver();
    for (let n = 0; n < 100; n++) await desk.subscribe(slow.url(`/${n}`), { events: ["skills.*"] });
    await desk.subscribe(healthy.url());
    await tellMany(desk, 10, { type: "skills.created" });
    await slow.arrived(256);
    await tellMany(desk, 100);
    await healthy.arrived(100);
    expect(slow.received()).toHaveLength(256);
    // Each of the hundred has its part of it.
    const paths = Array.from({ length: 100 }, (_, n) => slow.received(`/${n}`).length);
    expect(Math.min(...paths)).toBe(2);
    expect(Math.max(...paths)).toBe(3);
  });

  test("sixty of them, each with more to send than there are slots, leave room for a healthy one", async () => {
    const desk = await Desk.open();
    const slow = await Promise.all(Array.from({ length: 60 }, () => receiver(silence)));
    const healthy = await receiver();
    for (const one of slow) await desk.subscribe(one.url(), { events: ["skills.*"], max_in_flight: 100 });
    await desk.subscribe(healthy.url());
    await tellMany(desk, 50, { type: "skills.created" });
    await Promise.all(slow.map((one) => one.arrived(8)));
    await tellMany(desk, 100);
    await healthy.arrived(100);
    expect(Math.max(...slow.map((one) => one.received().length))).toBeLessThanOrEqual(9);
  });

  test("those that have failed have one part together: a host that answers is let in before them", async () => {
    const desk = await Desk.open({ schedule: "0s,1s,1s,1s,1s,1s" });
    const hosts = await Promise.all(Array.from({ length: 30 }, () => receiver(status(500))));
    const healthy = await receiver();
    for (const one of hosts) await desk.subscribe(one.url(), { events: ["skills.*"], max_in_flight: 100 });
    await desk.subscribe(healthy.url());
    await tellMany(desk, 9, { type: "skills.created" });
    await desk.drain();
    for (const one of hosts) one.script(silence);
    await desk.clock.advance(2_000);
    // All thirty fail: 9 of each are due, and 256 of them may be under way.
    await Promise.all(hosts.map((one) => one.arrived(10)));
    await tellMany(desk, 100);
    await healthy.arrived(100);
    const underWay = hosts.reduce((sum, one) => sum + one.received().length - 9, 0);
    expect(underWay).toBeLessThanOrEqual(256);
  });
});

describe("rate_limit", () => {
  test("lets no more begin in any second or minute: it was nearly twice as many, with the tokens that came meanwhile", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.subscribe(to.url(), { rate_limit: { per_second: 5, per_minute: 20 } });
    await tellMany(desk, 60);
    await desk.drain();
    const begun = [to.received().length];
    for (const ms of [999, 1, 2_000, 56_999, 1, 60_000]) {
      await desk.advance(ms);
      begun.push(to.received().length);
    }
    expect(begun).toEqual([5, 5, 10, 20, 20, 25, 45]);
  });

  test("holds up nobody else, and no slot: what waits for the limit is not under way", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    for (let n = 0; n < 20; n++) await desk.subscribe(to.url(`/${n}`), { rate_limit: "1/min", events: ["skills.*"] });
    await desk.subscribe(to.url("/free"));
    await tellMany(desk, 50, { type: "skills.created" });
    await tellMany(desk, 50);
    await desk.drain();
    expect(to.received("/free")).toHaveLength(50);
    expect(to.received()).toHaveLength(70);
    expect(desk.ports.jobs.running("deliver")).toBe(0);
  });

  test("counts retries too, and is looked at again when it is changed", async () => {
    const desk = await Desk.open({ schedule: "0s,1s" });
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url(), { rate_limit: "2/min" });
    await tellMany(desk, 2);
    await desk.drain();
    await desk.advance(10_000);
    expect(to.received()).toHaveLength(2);
    await desk.value("subscriptions.update", { id, rate_limit: null });
    await desk.drain();
    expect(to.received()).toHaveLength(4);
  });

  test("keeps to the limit over a restart, and goes on at its rate", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const options = { path: join(folder, "tidewire.db"), clock: new ManualClock(), vaultKey: newVaultKey() };
    const to = await receiver();
    const first = await Desk.open(options);
    await first.subscribe(to.url(), { rate_limit: "10/min" });
    await tellMany(first, 100);
    await first.drain();
    expect(to.received()).toHaveLength(10);
    await first.close();

    const next = await Desk.open(options);
    await next.drain();
    expect(to.received()).toHaveLength(10);
    await next.advance(59_999);
    expect(to.received()).toHaveLength(10);
    await next.advance(1);
    expect(to.received()).toHaveLength(20);
    for (let n = 30; n <= 100; n += 10) {
      await next.advance(60_000);
      expect(to.received()).toHaveLength(n);
    }
  });
});
