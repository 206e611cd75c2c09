import { expect, test } from "vitest";
import { isWanted } from "../../src/events/publish.ts";
import { isoTime } from "../../src/kernel/clock.ts";
import { Desk } from "../delivery/desk.ts";
import { receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

const MINUTE = 60_000;
const ASKED = { url: "https://hooks.example.com/a", events: ["files.*"] };

test("ends a subscription: it is told nothing more, shows it, and what was pending is kept as skipped", async () => {
  const desk = await Desk.open();
  const to = await receiver(status(500));
  const end = isoTime(desk.clock.now() + MINUTE);
  const { id } = await desk.subscribe(to.url(), { expires_at: end });
  const pending = await desk.tell();
  await desk.drain();
  await desk.advance(MINUTE - 1);
  expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "active", expires_at: end });
  const tried = to.received().length;
  expect(tried).toBeGreaterThan(0);
  await desk.advance(1);
  expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "expired", reason: "expired" });
  expect(await desk.list("subscriptions.list")).toMatchObject([{ id, status: "expired" }]);
  await desk.tell();
  await desk.advance(10 * MINUTE);
  expect(to.received()).toHaveLength(tried);
  expect(await desk.list("deliveries.list")).toMatchObject([
    { event: pending.id, status: "skipped", reason: "expired" },
  ]);
});

test("nothing is made only for one that has ended", async () => {
  const desk = await Desk.open();
  const address = { type: "files.created", connector: "claude-api", connectionId: "con_1" };
  await desk.subscribe(ASKED.url, { expires_at: isoTime(desk.clock.now() + MINUTE) });
  expect(await isWanted(desk.ports, address)).toBe(true);
  await desk.advance(MINUTE);
  expect(await isWanted(desk.ports, address)).toBe(false);
});

test("is put off or taken away before and after, and then it goes on; nothing else wakes it", async () => {
  const desk = await Desk.open();
  const to = await receiver();
  const { id } = await desk.subscribe(to.url(), { expires_at: isoTime(desk.clock.now() + MINUTE) });
  await desk.value("subscriptions.update", { id, expires_at: isoTime(desk.clock.now() + 2 * MINUTE) });
  await desk.advance(MINUTE);
  await desk.tell();
  await desk.drain();
  expect(to.received()).toHaveLength(1);
  await desk.advance(MINUTE);
  await expect(desk.ask("subscriptions.resume", { id })).rejects.toMatchObject({ code: "conflict" });
  expect(await desk.value("subscriptions.update", { id, description: "x" })).toMatchObject({ status: "expired" });
  expect(await desk.value("subscriptions.update", { id, expires_at: null })).toMatchObject({
    status: "active",
    reason: null,
    expires_at: null,
  });
  await desk.tell();
  await desk.drain();
  expect(to.received()).toHaveLength(2);
});

test("one that was paused meanwhile is paused again once its end is put off", async () => {
  const desk = await Desk.open();
  const { id } = await desk.subscribe(ASKED.url, { expires_at: isoTime(desk.clock.now() + MINUTE) });
  await desk.value("subscriptions.pause", { id });
  await desk.advance(MINUTE);
  expect(await desk.value("subscriptions.get", { id })).toMatchObject({ status: "expired" });
  expect(await desk.value("subscriptions.update", { id, expires_at: null })).toMatchObject({ status: "paused" });
});

test("asking for the same again renews it", async () => {
  const desk = await Desk.open();
  const at = (ms: number) => isoTime(desk.clock.now() + ms);
  const first = await desk.value("subscriptions.create", { ...ASKED, expires_at: at(MINUTE) });
  expect(await desk.value("subscriptions.create", ASKED)).toMatchObject({ id: first.id, expires_at: first.expires_at });
  const later = at(5 * MINUTE);
  expect(await desk.value("subscriptions.create", { ...ASKED, expires_at: later })).toMatchObject({
    expires_at: later,
  });
  await desk.advance(5 * MINUTE);
  expect(await desk.value("subscriptions.create", ASKED)).toMatchObject({
    id: first.id,
    existing: true,
    status: "active",
    expires_at: null,
  });
});

test.each([
  ["the past", (now: number) => isoTime(now - 1)],
  ["now", (now: number) => isoTime(now)],
  ["no time", () => "soon"],
])("%s is refused", async (_, end) => {
  const desk = await Desk.open();
  const { id } = await desk.subscribe(ASKED.url);
  const given = { expires_at: end(desk.clock.now()) };
  const refused = { code: "invalid_input", errors: [expect.objectContaining({ at: "expires_at" })] };
  await expect(desk.ask("subscriptions.update", { id, ...given })).rejects.toMatchObject(refused);
  await expect(desk.ask("subscriptions.create", { ...ASKED, url: `${ASKED.url}/2`, ...given })).rejects.toMatchObject(
    refused,
  );
});
