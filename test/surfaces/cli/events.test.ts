import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/kernel/json.ts";
import { Upstream } from "../../support/upstream.ts";
import { Desk, Ongoing } from "./rig.ts";

const MESSAGE = ["--model", "claude-haiku-4-5", "--max-tokens", "9", "--messages", '[{"role":"user","content":"Hi"}]'];

describe("tidewire events", () => {
  let desk: Desk;
  let url: string;
  beforeEach(async () => {
    desk = new Desk({ TIDEWIRE_ALLOWED_TARGETS: "127.0.0.1" });
    ({ url } = await desk.serve());
    await desk.run("subscriptions", "create", "--url", "http://127.0.0.1:9/hook", "--events", "messages.*");
  });
  afterEach(() => desk.close());

  /** Makes an event happen; gives the id of its message. */
  const message = async () => {
    const { result } = (await desk.json("call", "messages.create", ...MESSAGE)) as { result: JsonObject };
    return String(result.id);
  };
  const lines = (out: string) =>
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
  const messagesIn = (out: string) => lines(out).map(({ data }) => (data as JsonObject).id);

  it("lists the newest first for people, one event a line for programs, and forward on request", async () => {
    const ids = [await message(), await message(), await message()];
    const shown = await desk.run("events");
    expect(shown).toMatchObject({ code: 0, err: "" });
    const [head, first] = shown.out.split("\n");
    expect(head).toMatch(/^TIME +TYPE +CONNECTION +EVENT +DATA$/);
    expect(first).toMatch(new RegExp(`^\\S+Z +messages\\.created +sandbox +evt_\\S+ +\\{"id":"${ids[2]}".*…$`));
    expect(messagesIn((await desk.run("events", "--json")).out)).toEqual([...ids].reverse());
    expect(messagesIn((await desk.run("events", "--json", "--after", "start")).out)).toEqual(ids);
    expect(messagesIn((await desk.run("events", "--json", "--limit", "2")).out)).toEqual([ids[2], ids[1]]);
    expect((await desk.run("events", "--json", "--type", "files.*")).out).toBe("");
    expect((await desk.runAs({ says: true }, "events", "--limit", "2")).err).toBe("There are more: --limit 20\n");
  });

  it("follows them across restarts of the server, and ends with 0 when it is stopped", async () => {
    const following = new Ongoing(desk, ["events", "--follow", "--after", "start", "--json"]);
    const ids = [await message()];
    await following.until(new RegExp(String(ids[0])));
    for (let restart = 0; restart < 2; restart++) {
      await desk.stop();
      await desk.serve();
      ids.push(await message());
      await following.until(new RegExp(String(ids.at(-1))));
    }
    const ran = await following.stop();
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(messagesIn(ran.out)).toEqual(ids);
  });

  it("says how the connection is to a person, and to nobody else", async () => {
    const following = new Ongoing(desk, ["events", "--follow"], { says: true });
    // It begins now: only what happens once it follows is told.
    for (let tries = 0; !/messages\.created/.test(following.out) && tries < 50; tries++) await message();
    const ran = await following.stop();
    expect(ran.err).toMatch(/^following http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(ran.out).toMatch(/^\S+Z {2}messages\.created +sandbox {2}evt_/);
  });

  it("ends with 3 when its key is revoked, and with 4 for a connection that is not there", async () => {
    const made = (await desk.json("keys", "create", "feed", "--scopes", "events")) as { id: string; key: string };
    const elsewhere = new Desk({ TIDEWIRE_URL: url, TIDEWIRE_KEY: made.key });
    const following = new Ongoing(elsewhere, ["events", "--follow", "--after", "start"]);
    await message();
    await following.until(/messages\.created/);
    await desk.run("keys", "revoke", made.id);
    expect(await following.ended).toMatchObject({ code: 3 });
    expect(await desk.run("events", "--follow", "--connection", "nope")).toMatchObject({ code: 4, out: "" });
    await elsewhere.close();
  });

  it("needs a server to follow, and says so", async () => {
    await desk.stop();
    const ran = await desk.run("events", "--follow");
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain("start one with `tidewire serve`");
    expect((await desk.run("events")).code).toBe(0);
  });

  it("says on standard error where events are missing", async () => {
    const gap = 'event: gap\nid: Mw\ndata: {"after":"MQ","reason":"expired","resumed_at":"Mw"}\n\n';
    const server = await Upstream.start((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`${gap}id: NA\nevent: files.created\ndata: {"id":"evt_1"}\n\n`);
    });
    const elsewhere = new Desk({ TIDEWIRE_URL: server.url, TIDEWIRE_KEY: "tw_1" });
    const following = new Ongoing(elsewhere, ["events", "--follow", "--json", "--after", "MQ"]);
    await following.until(/evt_1/);
    expect(await following.stop()).toMatchObject({
      code: 0,
      out: '{"id":"evt_1"}\n',
      err: "gap: events were removed, for their age, before they were told here\n",
    });
    await Promise.all([elsewhere.close(), server.stop()]);
  });
});
