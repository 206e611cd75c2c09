import { describe, expect, test } from "vitest";
import { status } from "../support/upstream.ts";
import { Desk, receiver } from "./desk.ts";

const SECOND = 1_000;

const ids = (received: { id: string }[]) => received.map(({ id }) => id);

describe("a replay of a subscription", () => {
  test("sends what failed again: under the same ids, the oldest first, each once", async () => {
    const desk = await Desk.open({ schedule: "0s" });
    const to = await receiver(status(500));
    const { id } = await desk.subscribe(to.url(), { max_in_flight: 1 });
    const told = [];
    for (let n = 0; n < 5; n++) {
      told.push(await desk.tell());
      await desk.advance(SECOND);
    }
    to.script(status(200));
    await desk.tell();
    await desk.drain();
    const { kind, ...accepted } = await desk.ask("subscriptions.replay", { id });
    expect(accepted).toMatchObject({
      status: 202,
      value: {
        connector: "tidewire",
        operation: "subscriptions.replay",
        state: "pending",
        progress: { done: 0, total: null },
      },
      headers: { location: expect.stringMatching(/^\/v1\/jobs\/job_/) },
    });
    await desk.advance(SECOND);
    const [run] = await desk.list("jobs.list");
    expect(run).toMatchObject({ state: "succeeded", progress: { done: 5, total: 5, capped: false } });
    expect(ids(to.received()).slice(6)).toEqual(ids(told));
    expect(await desk.list("deliveries.list", { status: "delivered" })).toHaveLength(6);
    const tried = await desk.list("deliveries.list", { event: told[0]!.id });
    expect(await desk.value("deliveries.get", { id: String(tried[0]?.id) })).toMatchObject({
      attempts: [{ trigger: "schedule" }, { number: 2, trigger: "manual", class: "ok" }],
    });
  });
});
