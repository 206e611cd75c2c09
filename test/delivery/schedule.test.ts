import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { newVaultKey } from "../../src/kernel/vault.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";
import { Desk } from "./desk.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Settings of a desk that can be closed and opened again. */
function lasting() {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return { path: join(folder, "tidewire.db"), clock: new ManualClock(), vaultKey: newVaultKey() };
}

describe("a subscription's own schedule", () => {
  test("counts in place of the deployment's, from the first delay to the last", async () => {
    const desk = await Desk.open({ schedule: "0s,5s,5m" });
    const to = await receiver(status(500));
    await desk.subscribe(to.url(), { retry_schedule: ["1m", 120] });
    await desk.tell();
    await desk.advance(MINUTE - 1);
    expect(to.received()).toHaveLength(0);
    await desk.advance(1);
    expect(to.received()).toHaveLength(1);
    await desk.advance(2 * MINUTE);
    expect(to.received()).toHaveLength(2);
    expect(await desk.list("deliveries.list")).toMatchObject([{ status: "failed", reason: "exhausted" }]);
  });

  test("is shown as it was meant, changed, and given up", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe("https://example.com/hook", { retry_schedule: "0s,90s,1.5h" });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ retry_schedule: ["0s", "90s", "90m"] });
    await desk.value("subscriptions.update", { id, retry_schedule: ["1d"] });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ retry_schedule: ["1d"] });
    await desk.value("subscriptions.update", { id, description: "the same" });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ retry_schedule: ["1d"] });
    await desk.value("subscriptions.update", { id, retry_schedule: null });
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ retry_schedule: null });
  });

  test.each([[[]], [""], ["soon"], ["8d"], [[-1]], [Array.from({ length: 31 }, () => "1s")]])(
    "refuses %j",
    async (given) => {
      const desk = await Desk.open();
      await expect(desk.subscribe("https://example.com/hook", { retry_schedule: given })).rejects.toMatchObject({
        code: "invalid_input",
        errors: [{ at: "retry_schedule" }],
      });
    },
  );
});

describe("what a restart leaves as it was", () => {
  test("the failures that were counted, the warnings that were given and the hold", async () => {
    const options = { ...lasting(), schedule: Array.from({ length: 40 }, () => "6h").join(",") };
    const to = await receiver(status(500));
    const ops = await receiver();
    let desk = await Desk.open(options);
    const { id } = await desk.subscribe(to.url());
    await desk.subscribe(ops.url(), { events: ["tidewire.subscription.*"] });
    await desk.tell();
    for (let hours = 0; hours < 6 * 24; hours += 6) {
      await desk.advance(6 * HOUR);
      await desk.close();
      desk = await Desk.open(options);
    }
    await desk.drain();
    const told = ops.received().map(({ body }) => (body.data as { percent?: number }).percent);
    expect(told).toEqual([50, 70, 90, undefined]);
    const read = await desk.value("subscriptions.get", { id });
    expect(read).toMatchObject({ status: "disabled", reason: "failing", consecutive_failures: to.received().length });
  });

  test("a pause that the receiver asked for", async () => {
    const options = lasting();
    const to = await receiver(status(503, { "retry-after": "3600" }), status(200));
    let desk = await Desk.open(options);
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    const end = desk.clock.now() + HOUR;
    await desk.close();
    desk = await Desk.open(options);
    await desk.tell({ dedupeKey: "another" });
    await desk.advance(end - desk.clock.now() - 1);
    expect(to.received()).toHaveLength(1);
    await desk.advance(1);
    expect(to.received()).toHaveLength(3);
  });
});

describe("Retry-After", () => {
  test.each([
    ["with 500 puts off that delivery alone", 500, 2],
    ["with 429 puts off the whole subscription", 429, 1],
    ["with 503 puts off the whole subscription", 503, 1],
  ])("%s", async (_, code, arrived) => {
    const desk = await Desk.open();
    const to = await receiver(status(code, { "retry-after": "600" }), status(200));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.tell();
    await desk.advance(10 * MINUTE - 1);
    expect(to.received()).toHaveLength(arrived);
    await desk.advance(1);
    expect(to.received()).toHaveLength(3);
  });

  test("of more than a day is kept to for a day", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(429, { "retry-after": "1e9" }), status(200));
    await desk.subscribe(to.url());
    await desk.tell();
    await desk.drain();
    await desk.advance(DAY - 1);
    expect(to.received()).toHaveLength(1);
    await desk.advance(1);
    expect(to.received()).toHaveLength(2);
  });
});

describe("what Tidewire tells of an endpoint that fails", () => {
  test("goes to nobody at that endpoint, under whatever subscription and however its URL is written", async () => {
    const desk = await Desk.open({ schedule: "0s", allowed: "127.0.0.1,localhost" });
    const to = await receiver(status(410));
    const watching = await receiver();
    const written = to.url().replace("http:", "HTTP:");
    await desk.subscribe(to.url());
    await desk.subscribe(to.url(), { events: ["tidewire.*"] });
    await desk.subscribe(written, { events: ["tidewire.subscription.disabled"] });
    await desk.subscribe(watching.url(), { events: ["tidewire.subscription.disabled"] });
    await desk.tell();
    await desk.drain();
    expect(to.received().map(({ body }) => body.type)).toEqual(["files.created"]);
    expect(watching.received().map(({ body }) => body.type)).toEqual(["tidewire.subscription.disabled"]);
  });
});
