import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { newVaultKey } from "../../src/kernel/vault.ts";
import type { Store } from "../../src/store/contract.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { busyReceiver, Receiver, receiver } from "../support/receiver.ts";
import { type Answer, hangUp, silence, status } from "../support/upstream.ts";
import { Desk } from "./desk.ts";

/** A store whose commits of attempts go as `fate` says, in turn, then well. */
function faulty(fates: ("ok" | "lost" | "unanswered")[]): (store: Store) => Store {
  return (store) => ({
    ...store,
    async commitAttempt(commit) {
      const fate = fates.shift() ?? "ok";
      if (fate === "lost") throw new Error("the disk is full");
      const result = await store.commitAttempt(commit);
      if (fate === "unanswered") throw new Error("the answer of the database was lost");
      return result;
    },
  });
}

describe("at least once", () => {
  test("a crash between the attempt and its commit repeats that attempt alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "tidewire.db");
    const clock = new ManualClock();
    const vaultKey = newVaultKey();
    const to = await receiver();
    const dying = await Desk.open({ path, clock, vaultKey, wrap: (store) => store });
    await dying.subscribe(to.url());
    await dying.tell();
    await dying.drain();
    dying.ports.store.commitAttempt = () => new Promise(() => {});
    const interrupted = await dying.tell();
    await to.arrived(2);
    await dying.close();

    const next = await Desk.open({ path, clock, vaultKey });
    await next.drain();
    expect(to.received().map(({ id, attempt }) => [id, attempt])).toEqual([
      [expect.any(String), 1],
      [interrupted.id, 1],
      [interrupted.id, 1],
    ]);
    expect(await next.list("deliveries.list", { status: "delivered" })).toHaveLength(2);
  });

  test("a try that our own stop breaks off counts for nothing and is made again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const options = { path: join(folder, "tidewire.db"), clock: new ManualClock(), vaultKey: newVaultKey() };
    const to = await receiver(silence, status(200));
    const stopping = await Desk.open(options);
    await stopping.subscribe(to.url());
    await stopping.tell();
    await to.arrived(1);
    await stopping.close();

    const next = await Desk.open(options);
    await next.drain();
    const [delivery] = await next.list("deliveries.list");
    expect(await next.value("deliveries.get", { id: String(delivery?.id) })).toMatchObject({
      status: "delivered",
      attempts: [{ number: 1, class: "ok" }],
    });
  });

  test("whatever receivers answer and whichever commits fail, every event arrives and every try is told", async () => {
    const answer = fc.constantFrom<Answer>(status(200), status(500), hangUp, status(302));
    const fate = fc.constantFrom("ok" as const, "lost" as const, "unanswered" as const);
    await fc.assert(
      fc.asyncProperty(fc.array(answer, { maxLength: 5 }), fc.array(fate, { maxLength: 6 }), async (answers, fates) => {
        const to = await Receiver.start(...answers, status(200));
        const desk = await Desk.open({ schedule: "0s,1s,1s,1s,1s,1s,1s", wrap: faulty([...fates]) });
        try {
          await desk.subscribe(to.url());
          const told = [await desk.tell(), await desk.tell(), await desk.tell()];
          await desk.drain();
          for (let seconds = 0; seconds < 1_000 && (await pending(desk)) > 0; seconds += 10) await desk.advance(10_000);
          const deliveries = await desk.list("deliveries.list");
          expect(deliveries.map(({ status: state }) => state)).toEqual(["delivered", "delivered", "delivered"]);
          for (const { id } of told) expect(to.received().filter((one) => one.id === id).length).toBeGreaterThan(0);
          const tries = deliveries.reduce((sum, { attempt_count }) => sum + Number(attempt_count), 0);
          expect(to.received().length - tries).toBe(
            fates.slice(0, to.received().length).filter((f) => f === "lost").length,
          );
        } finally {
          await desk.close();
          await to.stop();
        }
      }),
      { numRuns: 15 },
    );
  });
});

async function pending(desk: Desk): Promise<number> {
  return desk.ports.store.deliveries.count({ owner: null, status: "pending" });
}

test("the webhook's id is the event's for each try, each subscription and each way to send it again", async () => {
  const desk = await Desk.open({ schedule: "0s,5s" });
  const to = await receiver(status(500), status(500), status(204));
  const one = await desk.subscribe(to.url("/one"));
  const other = await desk.subscribe(to.url("/other"), { format: "raw" });
  const event = await desk.tell();
  await desk.drain();
  await desk.advance(5_000);
  const late = await desk.subscribe(to.url("/late"), { format: "cloudevents" });
  await desk.value("subscriptions.replay", { id: late.id, status: "missing" });
  await desk.value("subscriptions.replay", { id: one.id, status: "delivered" });
  await desk.value("events.replay", { id: event.id, subscription: other.id });
  await desk.advance(5_000);
  for (const { id } of await desk.list("deliveries.list")) await desk.value("deliveries.retry", { id: String(id) });
  await desk.drain();
  expect(["/one", "/other", "/late"].map((path) => to.received(path).length)).toEqual([4, 4, 2]);
  expect(new Set(to.received().map(({ id }) => id))).toEqual(new Set([event.id]));
});

describe("fairness", () => {
  test("a subscription with hundreds pending on a receiver that hangs does not slow another", async () => {
    const desk = await Desk.open();
    const dead = await receiver(silence);
    const healthy = await receiver();
    const { id } = await desk.subscribe(dead.url(), { events: ["skills.*"] });
    await desk.subscribe(healthy.url());
    for (let n = 0; n < 300; n++) await desk.tell({ type: "skills.created" });
    await dead.arrived(10);
    for (let n = 0; n < 50; n++) await desk.tell();
    await healthy.arrived(50);
    expect(dead.received()).toHaveLength(10);
    expect(await desk.list("deliveries.list", { subscription: id, status: "pending", limit: 200 })).toHaveLength(200);
  });

  test("max_in_flight is kept to, from the first delivery on", async () => {
    const desk = await Desk.open();
    const to = await busyReceiver();
    await desk.subscribe(to.url(), { max_in_flight: 3 });
    for (let n = 0; n < 40; n++) await desk.tell();
    await desk.drain();
    expect(to.received()).toHaveLength(40);
    expect(to.most()).toBeLessThanOrEqual(3);
  });

  test("an endpoint that only fails is tried one at a time until it recovers", async () => {
    const desk = await Desk.open({ schedule: "0s,1m" });
    const to = await receiver(status(500));
    await desk.subscribe(to.url());
    for (let n = 0; n < 10; n++) await desk.tell();
    await desk.drain();
    to.script(silence);
    for (let n = 0; n < 10; n++) await desk.tell();
    await to.arrived(11);
    await desk.clock.advance(1);
    expect(to.received()).toHaveLength(11);
    to.script(status(200));
    await desk.advance(15_000);
    expect(to.received()).toHaveLength(20);
  });
});
