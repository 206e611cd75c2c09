import { expect, test, vi } from "vitest";
import { fanOut, isFor } from "../../src/events/fan-out.ts";
import { passes } from "../../src/events/filter.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { newEvent, subscription } from "../support/subscription.ts";

const BIG = { field: ["data", "size"], gt: 10 };
const newId = (prefix: string) => `${prefix}_x`;

test("an event is for those whose filter it passes, and nobody else has a delivery of it, not even a skipped one", () => {
  const all = [
    subscription({ id: "sub_all" }),
    subscription({ id: "sub_big", filter: BIG }),
    subscription({ id: "sub_small", filter: { not: BIG } }),
    subscription({ id: "sub_paused", filter: { not: BIG }, status: "paused", reason: "paused" }),
    subscription({ id: "sub_other", filter: BIG, events: ["skills.*"] }),
  ];
  const told = (size: number) =>
    fanOut(newEvent({ data: { size } }), all, 0, newId).deliveries.map(({ subscriptionId }) => subscriptionId);
  expect(told(11)).toEqual(["sub_all", "sub_big"]);
  expect(told(10)).toEqual(["sub_all", "sub_small", "sub_paused"]);
});

test("sees the whole body, as it is sent", () => {
  const at = Date.UTC(2026, 10, 20, 8);
  const event = newEvent({ timestamp: at, data: { id: "file_1" }, previous: { id: "file_0" }, changed: ["name"] });
  const asks = (filter: JsonObject) => isFor(subscription({ filter }), event);
  expect(asks({ field: ["timestamp"], equals: "2026-11-20T08:00:00.000Z" })).toBe(true);
  expect(asks({ field: ["connection"], in: ["default", "work"] })).toBe(true);
  expect(asks({ field: ["previous", "id"], equals: "file_0" })).toBe(true);
  expect(asks({ field: ["changed"], contains: "name" })).toBe(true);
  expect(asks({ field: ["data", "__proto__"], exists: true })).toBe(false);
});

test('"now" is when the event was told, so that it is judged alike at any time', () => {
  const filter = { field: ["data", "expires_at"], before: "now" };
  const told = (timestamp: number) => newEvent({ timestamp, data: { expires_at: "2026-11-20T08:00:00Z" } });
  const end = Date.UTC(2026, 10, 20, 8);
  expect(isFor(subscription({ filter }), told(end))).toBe(false);
  expect(isFor(subscription({ filter }), told(end + 1))).toBe(true);
});

test("reads an event once however many filters there are, and not at all without one", () => {
  const body = vi.fn(() => ({ data: { size: 11 } }));
  expect(passes(subscription(), body, 0)).toBe(true);
  expect(body).not.toHaveBeenCalled();
  expect(passes(subscription({ filter: BIG }), body, 0)).toBe(true);
  expect(body).toHaveBeenCalledTimes(1);
});

test("whose time is over is told nothing: neither pending nor skipped", () => {
  const over = [
    subscription({ id: "sub_over", expiresAt: 1_000 }),
    subscription({ id: "sub_paused", expiresAt: 1_000, status: "paused" }),
  ];
  const deliveries = (now: number) => fanOut(newEvent(), over, now, newId).deliveries.length;
  expect([deliveries(999), deliveries(1_000)]).toEqual([2, 0]);
});
