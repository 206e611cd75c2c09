import { expect, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { Receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

const MESSAGE = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "told-to-nobody" }] };

test("each try is one line of the log, with everything but what is secret", async () => {
  const tidewire = await Harness.start({ env: { LOG_LEVEL: "info" } });
  const receiver = await Receiver.start(status(500), status(204));
  await tidewire.connect();
  const made = await tidewire.api("POST", "/v1/subscriptions", {
    url: `${receiver.url("/path-token")}?key=query-token`,
    events: ["messages.*"],
    headers: { "x-hook-token": "header-token" },
  });
  const { id, secret } = made.body.result as { id: string; secret: string };
  await tidewire.run("messages.create", MESSAGE);
  await receiver.arrived(1);
  await tidewire.clock.advance(6_000);
  await receiver.arrived(2);
  await tidewire.clock.advance(1_000);

  const lines = tidewire.logs.map((line) => JSON.parse(line) as JsonObject);
  const tries = lines.filter(({ msg }) => msg === "delivery tried");
  const about = {
    event: receiver.received()[0]?.id,
    delivery: expect.stringMatching(/^dlv_/),
    type: "messages.created",
    subscription: id,
    host: new URL(receiver.url()).host,
    trigger: "schedule",
    ms: expect.any(Number),
  };
  expect(tries).toMatchObject([
    {
      ...about,
      attempt: 1,
      class: "http_5xx",
      status: 500,
      outcome: "pending",
      next: expect.stringMatching(/^2026-.*Z$/),
    },
    { ...about, attempt: 2, class: "ok", status: 204, outcome: "delivered" },
  ]);
  expect(tries[0]?.error).toBe("the receiver answered 500");
  for (const told of ["path-token", "query-token", "header-token", "told-to-nobody", secret]) {
    expect(tidewire.logs.join("")).not.toContain(told);
  }
  await Promise.all([tidewire.end(), receiver.stop()]);
});
