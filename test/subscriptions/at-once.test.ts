import { expect, test } from "vitest";
import { commands as keyCommands } from "../../src/access/commands.ts";
import { ADMIN, actor, Desk } from "../delivery/desk.ts";
import { valueOf } from "../support/call-command.ts";
import { receiver } from "../support/receiver.ts";

const URL_ = "https://hooks.example.com/a";

test("changes made at once are all kept: each wrote all settings, and the last one won", async () => {
  const desk = await Desk.open();
  const { id } = await desk.subscribe(URL_);
  await Promise.all([
    desk.value("subscriptions.update", { id, timeout: "20s" }),
    desk.value("subscriptions.update", { id, description: "tides" }),
    desk.value("subscriptions.update", { id, ordering_key: "data.id" }),
    desk.value("subscriptions.pause", { id }),
  ]);
  expect(await desk.value("subscriptions.get", { id })).toMatchObject({
    timeout: 20,
    description: "tides",
    ordered: true,
    ordering_key: "data.id",
    status: "paused",
  });
});

test("each of two secrets asked for at once signs: one of them was shown and never counted", async () => {
  const desk = await Desk.open();
  const to = await receiver();
  const { id } = await desk.subscribe(to.url());
  await Promise.all([
    desk.value("subscriptions.rotate_secret", { id }),
    desk.value("subscriptions.rotate_secret", { id }),
  ]);
  await desk.value("subscriptions.test", { id });
  expect(to.received()[0]?.headers["webhook-signature"]?.split(" ")).toHaveLength(3);
});

test("the same subscription asked for at once is one: each event went out once for each", async () => {
  const desk = await Desk.open();
  const asked = { url: URL_, events: ["files.*"] };
  const made = await Promise.all(Array.from({ length: 5 }, () => desk.value("subscriptions.create", asked)));
  expect(new Set(made.map(({ id }) => id)).size).toBe(1);
  expect(made.filter(({ secret }) => secret !== undefined)).toHaveLength(1);
  expect(await desk.list("subscriptions.list")).toHaveLength(1);
});

test("a change of one that is deleted in the same moment is refused, and brings nothing back", async () => {
  const desk = await Desk.open();
  const { id } = await desk.subscribe(URL_);
  const slow = desk.value("subscriptions.update", { id, description: "first" });
  const late = desk.value("subscriptions.update", { id, description: "second" });
  const gone = desk.value("subscriptions.delete", { id });
  await Promise.all([slow, gone, expect(late).rejects.toMatchObject({ code: "not_found" })]);
  expect(await desk.list("subscriptions.list")).toEqual([]);
});

test("one that is resumed while its key is revoked does not go on", async () => {
  const desk = await Desk.open();
  const asAdmin = (name: string, input: object) => valueOf(keyCommands, name, desk.contextOf(ADMIN), input);
  const key = await asAdmin("keys.create", { name: "a", scopes: ["subscriptions"] });
  const owner = actor(String(key.id));
  const { id } = await desk.subscribe(URL_, {}, owner);
  await desk.value("subscriptions.pause", { id }, owner);
  await Promise.allSettled([
    asAdmin("keys.delete", { id: owner.keyId }),
    desk.value("subscriptions.resume", { id }, owner),
  ]);
  expect(await desk.value("subscriptions.get", { id }, ADMIN)).toMatchObject({
    status: "disabled",
    reason: "key_revoked",
  });
});
