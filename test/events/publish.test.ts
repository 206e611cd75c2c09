import { describe, expect, test } from "vitest";
import { isWanted, publish } from "../../src/events/publish.ts";
import { actor, Desk } from "../delivery/desk.ts";
import { Receiver } from "../support/receiver.ts";
import { subscription } from "../support/subscription.ts";
import { FeedReader } from "./feed.ts";

describe("publish", () => {
  test("telling the same event twice stores and delivers it once", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    await desk.subscribe("http://127.0.0.1:9/hook");
    const event = desk.event();
    await publish(desk.ports, [event]);
    await publish(desk.ports, [{ ...event, id: desk.ports.newId("evt") }]);
    expect(await desk.list("events.list")).toHaveLength(1);
    expect(await desk.list("deliveries.list")).toHaveLength(1);
  });

  test("an event that nobody wants is in the log all the same", async () => {
    const desk = await Desk.open();
    const event = await desk.tell();
    expect(await desk.list("events.list")).toMatchObject([{ id: event.id }]);
    expect(await desk.list("deliveries.list")).toEqual([]);
  });

  test("tells 2,300 subscriptions, in chunks that are jobs, each once", async () => {
    const desk = await Desk.open({ schedule: "1h" });
    const { store } = desk.ports;
    const ids = Array.from({ length: 2_300 }, (_, n) => `sub_${String(n).padStart(5, "0")}`);
    await Promise.all(ids.map((id) => store.subscriptions.create(subscription({ id }))));
    const event = await desk.tell();
    expect(await store.deliveries.count({ owner: null, eventId: event.id })).toBe(100);
    await desk.drain();
    expect(await store.deliveries.count({ owner: null, eventId: event.id })).toBe(2_300);
    expect(await store.jobs.groups("deliver")).toHaveLength(2_300);
    expect(await store.jobs.groups("fan_out")).toEqual([]);
  });

  test("a fan-out whose event was pruned ends quietly", async () => {
    const desk = await Desk.open();
    const { store, clock } = desk.ports;
    const payload = { event: "evt_gone", after: "sub_0", toldAt: 0 };
    await store.jobs.enqueue([{ queue: "fan_out", group: "con_1", key: null, dueAt: clock.now(), payload }]);
    await desk.drain();
    expect(await store.jobs.groups("fan_out")).toEqual([]);
  });

  test("is wanted when a subscription names it, a paused one too", async () => {
    const desk = await Desk.open();
    const address = { type: "files.created", connector: "claude-api", connectionId: "con_1" };
    expect(await isWanted(desk.ports, address)).toBe(false);
    const receiver = await Receiver.start();
    const { id } = await desk.subscribe(receiver.url());
    await receiver.stop();
    await desk.value("subscriptions.pause", { id });
    expect(await isWanted(desk.ports, address)).toBe(true);
    expect(await isWanted(desk.ports, { ...address, type: "skills.created" })).toBe(false);
  });

  test("is wanted while a feed is open that would tell it, and no longer", async () => {
    const desk = await Desk.open();
    const address = { type: "files.created", connector: "claude-api", connectionId: "con_1" };
    const wanted = (more = {}) => isWanted(desk.ports, { ...address, ...more });
    const others = await FeedReader.open(desk, { type: "skills.*,messages.created" });
    const bound = await FeedReader.open(desk, { type: "*" }, actor("key_bound", ["con_2"]));
    expect([await wanted(), await wanted({ type: "skills.created" })]).toEqual([false, true]);
    expect(await wanted({ connectionId: "con_2" })).toBe(true);
    const reader = await FeedReader.open(desk, { type: "files.*" });
    expect([await wanted(), await wanted({ connectionId: "con_3" })]).toEqual([true, true]);
    await reader.leave();
    expect(await wanted()).toBe(false);
    const all = await FeedReader.open(desk);
    expect(await wanted()).toBe(true);
    for (const one of [others, bound, all]) await one.leave();
    expect([await wanted(), await wanted({ type: "skills.created" })]).toEqual([false, false]);
  });
});
