import { describe, expect, test } from "vitest";
import { wholeEvent } from "../../src/events/body.ts";
import { laneOf } from "../../src/events/lane.ts";
import type { Json } from "../../src/kernel/json.ts";
import { newEvent, subscription } from "../support/subscription.ts";

function lane(key: (string | number)[] | null, data: Json): string | null {
  return laneOf(subscription({ ordered: true, orderingKey: key }), () => wholeEvent(newEvent({ data })));
}

describe("laneOf", () => {
  test("is none without an order, and reads no event for it", () => {
    const unread = () => {
      throw new Error("it was read");
    };
    expect(laneOf(subscription(), unread)).toBeNull();
    expect(laneOf(subscription({ ordered: true }), unread)).toBe("");
  });

  test("is one for each value of the key, whatever its type", () => {
    expect(lane(["data", "id"], { id: "a" })).toBe(lane(["data", "id"], { id: "a", other: 1 }));
    const values: Json[] = ["1", 1, true, [1], { a: 1 }, "", null];
    expect(new Set(values.map((id) => lane(["data", "id"], { id }))).size).toBe(values.length);
    expect(lane(["data", "id"], { id: { a: 1, b: 2 } })).toBe(lane(["data", "id"], { id: { b: 2, a: 1 } }));
  });

  test("reads any member of the event", () => {
    expect(lane(["type"], {})).toBe('"files.created"');
    expect(lane(["data", "parts", -1, "id"], { parts: [{ id: 1 }, { id: 2 }] })).toBe("2");
  });

  test("is one for all events that lack the value", () => {
    expect(lane(["data", "id"], {})).toBe("null");
    expect(lane(["data", "id"], "text")).toBe("null");
    expect(lane(["previous", "id"], {})).toBe("null");
  });

  test("is short, however long the value", () => {
    const long = lane(["data", "id"], { id: "x".repeat(10_000) });
    expect(long).toHaveLength(64);
    expect(long).not.toBe(lane(["data", "id"], { id: "x".repeat(9_999) }));
  });
});
