import { describe, expect, test } from "vitest";
import { OPERATIONAL_EVENTS, operationalEvent } from "../../src/events/operational.ts";
import { ManualClock } from "../support/manual-clock.ts";

describe("operational events", () => {
  test("are ordinary events of the connector tidewire, told once by their key", () => {
    const deps = { clock: new ManualClock(5), newId: (prefix: string) => `${prefix}_1` };
    const about = { key: "pol_1:3", connection: { id: "con_1", name: "default" } };
    expect(operationalEvent(deps, "tidewire.poller.failing", { poller: "pol_1" }, about)).toEqual({
      id: "evt_1",
      type: "tidewire.poller.failing",
      timestamp: 5,
      connector: "tidewire",
      connectionId: "con_1",
      connection: "default",
      resource: "poller",
      data: { poller: "pol_1" },
      previous: undefined,
      dedupeKey: "tidewire.poller.failing:pol_1:3",
    });
  });

  test("are those of DELIVERY.md", () => {
    expect(Object.keys(OPERATIONAL_EVENTS).sort()).toEqual([
      "tidewire.connection.needs_reauth",
      "tidewire.delivery.exhausted",
      "tidewire.poller.failing",
      "tidewire.poller.held",
      "tidewire.subscription.disabled",
      "tidewire.subscription.failing",
    ]);
  });
});
