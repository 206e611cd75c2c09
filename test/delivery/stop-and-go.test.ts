import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";
import { Desk } from "./desk.ts";

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
