import { describe, expect, test } from "vitest";
import { CHUNK, FIRST_CHUNK, fanOut, NO_CONNECTION, nextChunk, wants } from "../../src/events/fan-out.ts";
import { newEvent, subscription } from "../support/subscription.ts";

const newId = (prefix: string) => `${prefix}_x`;

describe("wants", () => {
  test.each([
    [["files.created"], true],
    [["files.*"], true],
    [["*"], true],
    [["skills.*", "files.created"], true],
    [["claude-api/files.created"], true],
    [["claude-api/*"], true],
    [["other/files.created"], false],
    [["files"], false],
    [["file.*"], false],
    [["files.deleted"], false],
    [["tidewire.*"], false],
  ])("%j of files.created: %s", (events, expected) => {
    expect(wants(subscription({ events }), newEvent())).toBe(expected);
  });

  test("a bare * never matches what Tidewire tells about itself", () => {
    const event = newEvent({ type: "tidewire.subscription.disabled", connector: "tidewire" });
    expect(wants(subscription({ events: ["*"] }), event)).toBe(false);
    expect(wants(subscription({ events: ["tidewire.*"] }), event)).toBe(true);
  });

  test("one of a connection hears what Tidewire tells of subscriptions: it could never hear an alarm", () => {
    const alarm = (connectionId: string) =>
      newEvent({ type: "tidewire.subscription.disabled", connector: "tidewire", connectionId });
    const bound = subscription({ connectionId: "con_1", events: ["tidewire.*"] });
    expect(wants(bound, alarm(NO_CONNECTION))).toBe(true);
    expect(wants(bound, alarm("con_1"))).toBe(true);
    expect(wants(bound, alarm("con_2"))).toBe(false);
    expect(wants({ ...bound, events: ["*"] }, alarm(NO_CONNECTION))).toBe(false);
  });

  test("only its own connection, and only those that its owner's key is bound to", () => {
    expect(wants(subscription({ connectionId: "con_1" }), newEvent())).toBe(true);
    expect(wants(subscription({ connectionId: "con_2" }), newEvent())).toBe(false);
    expect(wants(subscription({ ownerConnections: ["con_2", "con_1"] }), newEvent())).toBe(true);
    expect(wants(subscription({ ownerConnections: ["con_2"] }), newEvent())).toBe(false);
    expect(wants(subscription({ connectionId: "con_1", ownerConnections: [] }), newEvent())).toBe(false);
    expect(wants(subscription({ ownerConnections: [] }), newEvent({ connectionId: NO_CONNECTION }))).toBe(true);
  });
});

describe("fanOut", () => {
  test("plans a delivery and its job for each that wants the event, after the first delay", () => {
    const told = fanOut(
      newEvent(),
      [subscription(), subscription({ id: "sub_2", events: ["skills.*"] })],
      1_000,
      newId,
      50,
    );
    expect(told.deliveries).toEqual([
      {
        id: "dlv_x",
        eventId: "evt_1",
        eventType: "files.created",
        subscriptionId: "sub_1",
        status: "pending",
        reason: null,
        attempts: 0,
        triedBefore: 0,
        nextAttemptAt: 1_050,
        lane: null,
        createdAt: 1_000,
        updatedAt: 1_000,
      },
    ]);
    expect(told.jobs).toEqual([]);
  });

  test("keeps what a paused or disabled one misses as skipped, with the reason and without a job", () => {
    const told = fanOut(
      newEvent(),
      [
        subscription({ status: "paused", reason: "paused" }),
        subscription({ id: "sub_2", status: "disabled", reason: "gone" }),
      ],
      1_000,
      newId,
    );
    expect(told.deliveries.map(({ status, reason, nextAttemptAt }) => [status, reason, nextAttemptAt])).toEqual([
      ["skipped", "paused", null],
      ["skipped", "gone", null],
    ]);
    expect(told.jobs).toEqual([]);
  });

  test("a hundred are served at once, more are left to a job, and to the next one twice as many", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => subscription({ id: `sub_${String(n).padStart(5, "0")}` })).reverse();
    expect(fanOut(newEvent(), many(FIRST_CHUNK), 0, newId).jobs.filter(({ queue }) => queue === "fan_out")).toEqual([]);
    const wide = fanOut(newEvent(), many(FIRST_CHUNK + 1), 7, newId);
    expect(wide.deliveries).toHaveLength(FIRST_CHUNK);
    expect(wide.jobs.at(-1)).toEqual({
      queue: "fan_out",
      group: "con_1",
      key: "evt_1:sub_00099",
      dueAt: 7,
      payload: { event: "evt_1", after: "sub_00099", toldAt: 7, made: FIRST_CHUNK },
    });
    const sizes = [FIRST_CHUNK];
    let cursor = { event: "evt_1", after: "sub_00099", toldAt: 7, made: FIRST_CHUNK };
    for (let left = 2_900; left > 0; left = 3_000 - cursor.made) {
      const { deliveries } = nextChunk(newEvent(), many(3_000), cursor, 7, newId);
      sizes.push(deliveries.length);
      cursor = { ...cursor, after: deliveries.at(-1)?.subscriptionId ?? "", made: cursor.made + deliveries.length };
    }
    expect(sizes).toEqual([100, 200, 600, CHUNK, CHUNK, 100]);
  });
});
