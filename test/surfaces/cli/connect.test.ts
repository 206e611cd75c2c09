import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, json, Upstream } from "../../support/upstream.ts";
import { Desk, errorOf } from "./rig.ts";

/** Which product a command talks to. */
describe("a command that needs the product", () => {
  let desk: Desk;
  let other: Upstream;
  beforeEach(async () => {
    desk = new Desk();
    other = await Upstream.start(json({ result: [], next_cursor: null }));
  });
  afterEach(async () => {
    await other.stop();
    await desk.close();
  });

  it("goes to the server of TIDEWIRE_URL, with its key", async () => {
    const elsewhere = new Desk({ TIDEWIRE_URL: `${other.url}/`, TIDEWIRE_KEY: "tw_elsewhere" });
    expect(await elsewhere.json("list")).toEqual({ operations: [], events: [] });
    expect(other.last).toMatchObject({ url: "/v1/connectors?limit=200" });
    expect(other.last.headers.authorization).toBe("Bearer tw_elsewhere");
    await elsewhere.close();
  });

  it("asks for the key of that server", async () => {
    const elsewhere = new Desk({ TIDEWIRE_URL: other.url });
    expect(await elsewhere.run("list")).toMatchObject({
      code: 2,
      err: expect.stringContaining("set TIDEWIRE_KEY") as string,
    });
    await elsewhere.close();
  });

  it("goes to the server that holds the local database, by its root key", async () => {
    await desk.serve();
    const second = await desk.product.openLocal().catch((error: unknown) => error);
    expect(second).toMatchObject({ code: "database_locked" });
    expect((await desk.run("list", "models")).code).toBe(0);
  });

  it("asks for a key when the root key of that server is a setting that it does not have", async () => {
    const note = { url: other.url, pid: process.pid };
    writeFileSync(join(desk.folder, "tidewire.db.server.json"), JSON.stringify(note));
    expect(await desk.run("list")).toMatchObject({
      code: 2,
      err: expect.stringContaining(`A server runs at ${other.url}`) as string,
    });
  });

  it("says that its key is not one of the server's, as after a start with another root key", async () => {
    const { url } = await desk.serve();
    const stale = new Desk({ TIDEWIRE_URL: url, TIDEWIRE_KEY: "tw_stale" });
    expect(await stale.run("list")).toMatchObject({
      code: 3,
      err: expect.stringContaining("set TIDEWIRE_KEY to one of its keys") as string,
    });
    await stale.close();
  });

  it("opens the database itself when the server that held it is gone", async () => {
    const note = { url: other.url, pid: 2 ** 30 };
    writeFileSync(join(desk.folder, "tidewire.db.server.json"), JSON.stringify(note));
    expect((await desk.run("list", "models")).code).toBe(0);
    expect(other.seen).toEqual([]);
  });

  it("says that an answer broke off, and what of it came is on the terminal", async () => {
    const breaksOff: Answer = (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("data: 1\n\n");
      response.socket?.end(); // all that was written goes out, and the end of the answer never does
    };
    const operation = { name: "a.b", aliases: [], confirm: false, input: { type: "object", properties: {} } };
    const x = { handle: "x", aliases: [], base_path: "", operations: [operation], events: [] };
    const connectors = { result: [x], next_cursor: null };
    other.script(json(connectors), breaksOff);
    const elsewhere = new Desk({ TIDEWIRE_URL: other.url, TIDEWIRE_KEY: "tw_elsewhere" });
    const ran = await elsewhere.run("call", "a.b", "--json");
    expect(ran).toMatchObject({ code: 1, out: "data: 1\n\n" });
    expect(errorOf(ran)).toMatchObject({
      code: "server_unreachable",
      message: expect.stringContaining("broke off") as string,
    });
    await elsewhere.close();
  });

  it("passes on what is wrong with the settings", async () => {
    const wrong = new Desk({ PORT: "x", LOG_LEVEL: "loud" });
    const ran = await wrong.run("list", "--json");
    expect(ran.code).toBe(2);
    expect(errorOf(ran)).toMatchObject({ code: "config_invalid", errors: [{ at: "PORT" }, { at: "LOG_LEVEL" }] });
    await wrong.close();
  });
});
