import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { newVaultKey } from "../../src/kernel/vault.ts";
import { Desk } from "../delivery/desk.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { Receiver, receiver } from "../support/receiver.ts";
import { silence, status } from "../support/upstream.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("a clock that is put back by a day", () => {
  test("holds up what is to be tried again for a minute at most, and then keeps to the schedule", async () => {
    const desk = await Desk.open({ schedule: "0s,5m,2h" });
    const to = await receiver(status(500), status(500), status(200));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.advance(2 * MINUTE);
    desk.clock.jump(-DAY);
    await desk.advance(3 * MINUTE - 1);
    expect(to.received()).toHaveLength(1);
    await desk.advance(MINUTE + 1);
    expect(to.received()).toHaveLength(2);
    const [pending] = await desk.list("deliveries.list");
    expect(Date.parse(String(pending?.next_attempt_at)) - desk.clock.now()).toBeLessThanOrEqual(2 * HOUR);
    await desk.advance(2 * HOUR);
    expect(to.received().map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
    expect(Math.abs(to.received()[2]!.timestamp - desk.clock.now() / SECOND)).toBeLessThanOrEqual(60);
  });

  test("holds up nothing that is told from then on", async () => {
    const desk = await Desk.open();
    const to = await receiver();
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    desk.clock.jump(-DAY);
    await desk.tell();
    await desk.drain();
    expect(to.received()).toHaveLength(2);
  });

  test("does not make a receiver's pause longer", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(429, { "retry-after": "3600" }), status(200));
    const { id } = await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.tell();
    desk.clock.jump(-DAY);
    await desk.advance(HOUR - MINUTE);
    expect(to.received()).toHaveLength(1);
    await desk.advance(2 * MINUTE);
    expect(to.received()).toHaveLength(3);
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ consecutive_failures: 0 });
  });

  test("does not put off that a dead endpoint is disabled", async () => {
    const desk = await Desk.open({ schedule: Array.from({ length: 40 }, () => "6h").join(",") });
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url());
    await desk.tell();
    await desk.advance(2 * DAY);
    desk.clock.jump(-5 * DAY);
    for (let hours = 0; hours < 3 * 24 + 12; hours += 6) await desk.advance(6 * HOUR);
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled", reason: "failing" });
  });

  test("while Tidewire was not running, is noticed when it starts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const clock = new ManualClock();
    const options = { path: join(folder, "tidewire.db"), clock, vaultKey: newVaultKey(), schedule: "0s,5m" };
    const to = await receiver(status(500), status(200));
    const first = await Desk.open(options);
    await first.subscribe(to.url());
    await first.tell();
    await first.drain();
    await first.advance(2 * MINUTE);
    await first.close();
    clock.jump(-DAY);
    const second = await Desk.open(options);
    await second.advance(5 * MINUTE);
    expect(to.received()).toHaveLength(2);
  });

  test("runs the ticks of schedules on", async () => {
    const desk = await Desk.open();
    await desk.advance(MINUTE);
    const begun: string[] = [];
    desk.ports.jobs.schedule("often", "* * * * * *", async () => void begun.push("tick"));
    desk.clock.jump(-DAY);
    await desk.clock.advance(MINUTE);
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // cron goes by the system's clock
    expect(begun.length).toBeGreaterThan(0);
  });
});

describe("a clock that is put forward by a day", () => {
  test("makes due what is due by then, once, and lets no try that is under way be made twice", async () => {
    const desk = await Desk.open({ schedule: "0s,5h,20h" });
    const to = await receiver(status(500), silence, status(200));
    await desk.subscribe(to.url(), { max_in_flight: 1, timeout: 30 });
    await desk.tell();
    await desk.drain();
    await desk.tell();
    await to.arrived(2);
    await desk.clock.advance(10 * SECOND);
    desk.clock.jump(DAY);
    await desk.clock.advance(19 * SECOND);
    expect(to.received()).toHaveLength(2);
    await desk.advance(2 * MINUTE);
    expect(to.received().map(({ attempt }) => attempt)).toEqual([1, 1, 2]);
    await desk.advance(5 * HOUR + MINUTE);
    expect(await desk.list("deliveries.list", { status: "delivered" })).toHaveLength(2);
  });
});

test("however it jumps, everything arrives within its schedule and a minute a jump, and each try is made once", async () => {
  const jump = fc.integer({ min: -2 * DAY, max: 2 * DAY });
  await fc.assert(
    fc.asyncProperty(fc.array(jump, { maxLength: 4 }), async (jumps) => {
      const to = await Receiver.start(status(500), status(500), status(500), status(200));
      const desk = await Desk.open({ schedule: "0s,1m,10m,1h" });
      try {
        await desk.subscribe(to.url());
        await desk.tell();
        await desk.drain();
        for (const by of jumps) {
          desk.clock.jump(by);
          await desk.advance(90 * SECOND);
        }
        for (let minutes = 0; minutes < 100; minutes++) await desk.advance(MINUTE);
        expect(to.received().map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
        expect(await desk.list("deliveries.list")).toMatchObject([{ status: "delivered", attempt_count: 4 }]);
      } finally {
        await desk.close();
        await to.stop();
      }
    }),
    { numRuns: 20 },
  );
});
