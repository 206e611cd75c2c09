import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteClient from "better-sqlite3";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createSandbox } from "../../src/sandbox/sandbox.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ROOT_KEY, serverSettings, startServer, TidewireProcess, tidewire } from "../support/process.ts";
import { Receiver } from "../support/receiver.ts";
import { status } from "../support/upstream.ts";

/** Processes as a person starts, stops and kills them. */
describe("the process", { timeout: 60_000 }, () => {
  const started: TidewireProcess[] = [];
  const start = async (env: Record<string, string>) => {
    const { server, url } = await startServer(env);
    started.push(server);
    return { server, url };
  };
  afterEach(async () => {
    for (const server of started.splice(0)) {
      server.kill("SIGKILL");
      await server.ended;
    }
  });

  it("says when it is ready, and stops cleanly when asked to", async () => {
    const { server, url } = await start(serverSettings());
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    server.kill("SIGTERM");
    expect(await server.ended).toMatchObject({ code: 0 });
  });

  it("refuses a second process on one database, and lets it in at once when the first is killed", async () => {
    const env = serverSettings();
    const { server } = await start(env);
    const second = await tidewire(["serve"], env);
    expect(second).toMatchObject({ code: 1, out: "" });
    expect(second.err).toMatch(/^database_locked: .*tidewire\.db/);
    expect(second.err.trim().split("\n")).toHaveLength(1);
    server.kill("SIGKILL");
    await server.ended;
    await start(env);
  });

  it("says in one line that the port is taken", async () => {
    const holder = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    const { port } = holder.address() as AddressInfo;
    const ended = await tidewire(["serve"], { ...serverSettings(), PORT: String(port) });
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(new RegExp(`^port_taken: Port ${port} is taken.*\\n$`));
    holder.close();
  });

  it("says in one line that the vault key is another", async () => {
    const env = serverSettings();
    const { server } = await start({ ...env, TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 1).toString("base64") });
    server.kill("SIGTERM");
    await server.ended;
    const ended = await tidewire(["serve"], { ...env, TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 2).toString("base64") });
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/^vault_key_wrong: TIDEWIRE_VAULT_KEY is not the key.*\n$/);
  });

  it("says in one line that the database cannot be written", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-process-"));
    mkdirSync(join(folder, "tidewire.db"));
    const ended = await tidewire(["serve"], {
      ...serverSettings(folder),
      TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 1).toString("base64"),
    });
    expect(ended.code).toBe(1);
    expect(ended.err).toMatch(/^database_unwritable: .*tidewire\.db.*\n$/);
  });

  it("ends when its start fails after it listened (stayed for good, with its port, and deaf to SIGTERM)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-process-"));
    const vaultKey = { TIDEWIRE_VAULT_KEY: Buffer.alloc(32, 1).toString("base64") };
    const env = { ...serverSettings(folder), ...vaultKey, TIDEWIRE_SANDBOX: "on" };
    const path = join(folder, "tidewire.db");
    await (await openSqliteStore({ path })).close();
    const client = new SqliteClient(path);
    client.exec("CREATE TRIGGER none BEFORE INSERT ON connections BEGIN SELECT RAISE(ABORT, 'none is taken'); END");
    const failing = new TidewireProcess(["serve"], env);
    started.push(failing);
    expect(await failing.ended).toMatchObject({ code: 1, out: "" });
    client.exec("DROP TRIGGER none");
    client.close();
    await start(env);
  });

  it("names every wrong setting at once", async () => {
    const ended = await tidewire(["serve"], { ...serverSettings(), PORT: "x", LOG_LEVEL: "loud" });
    expect(ended.code).toBe(2);
    expect(ended.err).toMatch(/PORT/);
    expect(ended.err).toMatch(/LOG_LEVEL/);
  });

  it("does not start with a manifest that has mistakes, and names each with its place", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tidewire-process-"));
    const file = join(folder, "connector.json");
    writeFileSync(file, '{\n  "handle": "x",\n  "servise": {},\n  "version": 5\n}\n');
    const ended = await tidewire(["serve"], { ...serverSettings(folder), TIDEWIRE_CONNECTORS: file });
    expect(ended.code).toBe(2);
    expect(ended.err).toContain("connector.json:3:3");
    expect(ended.err).toContain("did you mean `service`?");
    expect(ended.err).toContain("connector.json:4:");
  });

  it("tells an old Node in one line what is needed", async () => {
    const old = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})";
    const ended = await tidewire(["serve"], {}, ["--import", old]);
    expect(ended).toMatchObject({ code: 1, out: "" });
    expect(ended.err).toMatch(/^tidewire needs Node 22\.18 or newer and this is 20\.20\.2\..*\n$/);
  });

  it("delivers after a kill -9 what it had told, under the same id", async () => {
    const sandbox = createSandbox({ clock: systemClock });
    const upstream = await sandbox.listen(0);
    const receiver = await Receiver.start(status(500), status(204));
    const env = { ...serverSettings(), TIDEWIRE_RETRY_SCHEDULE: "0s,1s,1s" };
    const { server, url } = await start(env);
    const call = async (base: string, path: string, body: JsonObject) => {
      const headers = { authorization: `Bearer ${ROOT_KEY}`, "content-type": "application/json" };
      const response = await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) });
      expect(response.status).toBeLessThan(300);
    };
    await call(url, "/v1/connections", {
      connector: "claude-api",
      name: "work",
      credentials: { apiKey: "sk-ant-test" },
      params: { baseUrl: `${upstream.url}/v1` },
    });
    await call(url, "/v1/subscriptions", { url: receiver.url(), events: ["messages.*"] });
    await call(url, "/v1/connectors/claude-api/operations/messages.create", {
      model: "claude-haiku-4-5",
      max_tokens: 10,
      messages: [{ role: "user", content: "Hi" }],
    });
    await receiver.arrived(1);
    server.kill("SIGKILL");
    await server.ended;
    await start(env);
    await receiver.arrived(2);
    const ids = receiver.received().map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
    await receiver.stop();
    await upstream.close();
  });
});
