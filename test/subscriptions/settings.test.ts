import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { Desk } from "../delivery/desk.ts";

const URL_ = "https://example.com/hook";

describe("rate_limit", () => {
  test.each<[Json, Json]>([
    [{ per_second: 5 }, { per_second: 5 }],
    [
      { per_second: 5, per_minute: 100 },
      { per_second: 5, per_minute: 100 },
    ],
    ["5/s", { per_second: 5 }],
    ["100/min", { per_minute: 100 }],
    ["5/second, 100/minute", { per_second: 5, per_minute: 100 }],
    [null, null],
  ])("is given as %j and shown as %j", async (given, shown) => {
    const desk = await Desk.open();
    const made = await desk.value("subscriptions.create", { url: URL_, events: ["*"], rate_limit: given });
    expect(made.rate_limit).toEqual(shown);
    expect((await desk.value("subscriptions.get", { id: made.id as string })).rate_limit).toEqual(shown);
  });

  test("is changed, kept and taken away", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_, { rate_limit: "5/s" });
    const change = async (more: JsonObject) => (await desk.value("subscriptions.update", { id, ...more })).rate_limit;
    expect(await change({ description: "quiet" })).toEqual({ per_second: 5 });
    expect(await change({ rate_limit: "7/min" })).toEqual({ per_minute: 7 });
    expect(await change({ rate_limit: null })).toBeNull();
  });
});

describe("the order", () => {
  test.each<[JsonObject, boolean, Json]>([
    [{}, false, null],
    [{ ordered: true }, true, null],
    [{ ordering_key: "data.id" }, true, "data.id"],
    [{ ordered: true, ordering_key: "data.items.0.id" }, true, "data.items.0.id"],
    [{ ordering_key: ["data", "a.b"] }, true, ["data", "a.b"]],
    [{ ordering_key: ["data", "id"] }, true, "data.id"],
    [{ ordered: false, ordering_key: null }, false, null],
  ])("given as %j", async (given, ordered, key) => {
    const desk = await Desk.open();
    const made = await desk.value("subscriptions.create", { url: URL_, events: ["*"], ...given });
    expect(made).toMatchObject({ ordered, ordering_key: key });
  });

  test.each<[Json]>([["id"], [["id"]]])(
    "is not kept by %j, of which each event has another: it was taken and ordered nothing",
    async (key) => {
      const desk = await Desk.open();
      await expect(desk.subscribe(URL_, { ordering_key: key })).rejects.toMatchObject({
        code: "invalid_input",
        errors: [{ at: "ordering_key", message: expect.stringContaining("the record's id is data.id") }],
      });
    },
  );

  test("is changed, kept and given up", async () => {
    const desk = await Desk.open();
    const { id } = await desk.subscribe(URL_, { ordering_key: "data.id" });
    const change = (more: JsonObject) => desk.value("subscriptions.update", { id, ...more });
    expect(await change({ timeout: "5s" })).toMatchObject({ ordered: true, ordering_key: "data.id" });
    expect(await change({ ordering_key: null })).toMatchObject({ ordered: true, ordering_key: null });
    expect(await change({ ordering_key: "type" })).toMatchObject({ ordered: true, ordering_key: "type" });
    expect(await change({ ordered: false })).toMatchObject({ ordered: false, ordering_key: null });
  });
});
