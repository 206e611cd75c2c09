import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { isoTime } from "../../src/kernel/clock.ts";
import { receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";
import { Desk } from "./desk.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

describe("a subscription that was disabled while it was held", () => {
  test("is sent to at once when it is asked for again: the old hold went on for up to a day", async () => {
    const desk = await Desk.open();
    const hung: ServerResponse[] = [];
    const hang = (response: ServerResponse) => void hung.push(response);
    const to = await receiver(hang, status(429, { "retry-after": "3600" }), status(204));
    const { id } = await desk.subscribe(to.url());
    await desk.tell();
    await to.arrived(1);
    await desk.tell();
    await to.arrived(2);
    await desk.clock.advance(0);
    hung[0]?.writeHead(410).end();
    await desk.drain();
    expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "disabled", reason: "gone" });
    const again = await desk.value("subscriptions.create", { url: to.url(), events: ["files.*"] });
    expect(again).toMatchObject({ id, status: "active", hold_until: null });
    await desk.tell();
    await desk.drain();
    expect(to.received()).toHaveLength(3);
  });
});

describe("what is due for a subscription that takes nothing any more is skipped at once", () => {
  /** A hundred that are due at one a minute, of which one was tried. */
  async function crowded(code: number, expiresInMs?: number) {
    const desk = await Desk.open();
    const to = await receiver(status(code));
    const end = expiresInMs === undefined ? null : isoTime(desk.clock.now() + expiresInMs);
    const { id } = await desk.subscribe(to.url(), { rate_limit: { per_minute: 1 }, expires_at: end });
    await desk.tellMany(100);
    await desk.drain();
    return { desk, id, to };
  }

  async function counted(desk: Desk) {
    const { skipped, pending } = await desk.ports.store.deliveries.counts();
    return { skipped, pending };
  }

  test("when it is gone: its rate let one a minute be skipped", async () => {
    const { desk } = await crowded(410);
    expect(await counted(desk)).toEqual({ skipped: 99, pending: 0 });
  });

  test("when it is paused, which takes nothing of its rate", async () => {
    const { desk, id, to } = await crowded(204);
    await desk.value("subscriptions.pause", { id });
    await desk.drain();
    expect(await counted(desk)).toEqual({ skipped: 99, pending: 0 });
    await desk.clock.advance(MINUTE);
    await desk.value("subscriptions.resume", { id });
    await desk.tell();
    await desk.drain();
    expect(to.received()).toHaveLength(2);
  });

  test("when it ends", async () => {
    const { desk } = await crowded(204, 90 * SECOND);
    await desk.advance(89 * SECOND);
    expect(await counted(desk)).toEqual({ skipped: 0, pending: 98 });
    await desk.advance(SECOND);
    expect(await counted(desk)).toEqual({ skipped: 98, pending: 0 });
  });

  test("when it is paused or ends while it is held", async () => {
    const desk = await Desk.open();
    const to = await receiver(status(503, { "retry-after": "3600" }));
    const { id } = await desk.subscribe(to.url("/paused"));
    await desk.subscribe(to.url("/ends"), { expires_at: isoTime(desk.clock.now() + MINUTE) });
    await desk.tell();
    await desk.drain();
    await desk.tell();
    await desk.value("subscriptions.pause", { id });
    await desk.drain();
    expect(await counted(desk)).toEqual({ skipped: 1, pending: 3 });
    await desk.advance(MINUTE);
    expect(await counted(desk)).toEqual({ skipped: 2, pending: 2 });
  });
});
