import { describe, expect, test } from "vitest";
import { commands } from "../../src/access/commands.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { Actor } from "../../src/model/actor.ts";
import { ADMIN, Desk } from "../delivery/desk.ts";
import { valueOf } from "../support/call-command.ts";

const ask = (desk: Desk, name: string, input: JsonObject, as: Actor = ADMIN) =>
  valueOf(commands, name, desk.contextOf(as), input);

describe("a key that is revoked", () => {
  test("stays so when it is changed in the same moment", async () => {
    const desk = await Desk.open();
    const connection = await desk.connect("work");
    const { id } = await ask(desk, "keys.create", { name: "old", scopes: ["events"] });
    const [changed] = await Promise.all([
      ask(desk, "keys.update", { id: String(id), name: "new", connections: [connection.id] }),
      ask(desk, "keys.delete", { id: String(id) }),
    ]);
    expect(changed).toMatchObject({ name: "new" });
    expect(await ask(desk, "keys.get", { id: String(id) })).toMatchObject({
      name: "new",
      revoked_at: expect.any(String),
    });
  });
});

test("rights that are taken stay taken when the key is renamed in the same moment", async () => {
  const desk = await Desk.open();
  const { id } = await ask(desk, "keys.create", { name: "old", scopes: ["admin"] });
  await Promise.all([
    ask(desk, "keys.update", { id: String(id), scopes: ["events"] }),
    ask(desk, "keys.update", { id: String(id), name: "new" }),
  ]);
  expect(await ask(desk, "keys.get", { id: String(id) })).toMatchObject({ name: "new", scopes: ["events"] });
});

describe("an admin key that is bound to a connection", () => {
  test("cannot give itself, or another key, the other connections", async () => {
    const desk = await Desk.open();
    const { id: connection } = await desk.connect("work");
    const made = await ask(desk, "keys.create", { name: "bound", scopes: ["admin"], connections: [connection] });
    const bound: Actor = { ...ADMIN, keyId: String(made.id), connections: [connection] };
    const attempts: [string, JsonObject][] = [
      ["keys.create", { name: "free", scopes: ["admin"] }],
      ["keys.update", { id: bound.keyId, connections: null }],
      ["keys.get", { id: bound.keyId }],
      ["keys.delete", { id: "key_other" }],
      ["keys.list", {}],
    ];
    for (const [name, input] of attempts) {
      await expect(ask(desk, name, input, bound), name).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await ask(desk, "keys.get", { id: bound.keyId })).toMatchObject({ connections: [connection] });
  });

  test("cannot turn another's subscription, and so the events of all connections, to itself", async () => {
    const desk = await Desk.open();
    const { id: connection } = await desk.connect("work");
    const bound: Actor = { ...ADMIN, keyId: "key_bound", connections: [connection] };
    const { id } = await desk.subscribe("https://hooks.example.com/alice");
    const change = desk.value("subscriptions.update", { id, url: "https://hooks.example.com/mine" }, bound);
    await expect(change).rejects.toMatchObject({ code: "not_found" });
    expect(await desk.list("subscriptions.list", {}, bound)).toEqual([]);
    expect(await desk.list("subscriptions.list", {}, ADMIN)).toHaveLength(1);
  });
});
