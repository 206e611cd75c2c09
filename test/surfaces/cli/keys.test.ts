import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Desk, errorOf } from "./rig.ts";

describe("tidewire keys", () => {
  let desk: Desk;
  let url: string;
  beforeAll(async () => {
    desk = new Desk();
    ({ url } = await desk.serve());
  });
  afterAll(() => desk.close());

  const whoami = async (key: string) => {
    const response = await fetch(`${url}/v1/whoami`, { headers: { "x-api-key": key } });
    return { status: response.status, body: (await response.json()) as JsonObject };
  };

  it("makes a key that works at once, lists it without showing it, and revokes it at once", async () => {
    const made = await desk.run(
      "keys",
      "create",
      "zapier",
      "--scopes",
      "subscriptions, events",
      "--connections",
      "sandbox",
    );
    expect(made.code).toBe(0);
    const [, key = "", id = ""] = /^(tw_\w{32,})\n[^]*(key_\w+)/.exec(made.out) ?? [];
    expect((await whoami(key)).body.result).toMatchObject({
      id,
      name: "zapier",
      scopes: ["subscriptions", "events"],
      connections: [{ name: "sandbox" }],
    });
    const listed = await desk.run("keys", "list");
    expect(listed.out).toMatch(new RegExp(`^${id}  zapier  subscriptions events  \\S+Z$`, "m"));
    expect(listed.out).not.toContain(key);
    expect(await desk.run("keys", "revoke", id)).toMatchObject({ code: 0, out: `${id} is revoked.\n` });
    expect((await whoami(key)).status).toBe(401);
    expect((await desk.run("keys", "list")).out).toMatch(new RegExp(`^${id}  .*Z  \\S+Z$`, "m"));
  });

  it("answers scripts in JSON", async () => {
    const made = (await desk.json("keys", "create", "script", "--scopes", "admin")) as JsonObject;
    expect(made).toMatchObject({ name: "script", scopes: ["admin"], key: expect.stringMatching(/^tw_/) as string });
    const listed = (await desk.json("keys", "list")) as JsonObject[];
    expect(listed.find(({ id }) => id === made.id)).toMatchObject({ name: "script", revoked_at: null });
    expect(await desk.json("keys", "revoke", String(made.id))).toEqual({ id: made.id, deleted: true });
  });

  it.each([
    ["an unknown scope", ["create", "a", "--scopes", "everything"], "scopes.0"],
    ["no scope", ["create", "a", "--scopes", " , "], "scopes"],
    ["an unknown connection", ["create", "a", "--scopes", "events", "--connections", "nope"], "connections"],
    ["the root key", ["revoke", "key_root"], "id"],
  ])("refuses %s", async (_, argv, at) => {
    const ran = await desk.run("keys", ...argv, "--json");
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(errorOf(ran)).toMatchObject({ code: "invalid_input", errors: [{ at }] });
  });
});
