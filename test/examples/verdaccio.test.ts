import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Example, findingsOf } from "./support/example.ts";
import { cleanEnvironment, type Program } from "./support/real-server.ts";

const LOGIN = { username: "ada", password: "harbour-pass" };
const PROGRAM: Program = {
  script: "verdaccio/bin/verdaccio",
  args({ port, folder, files }) {
    const config = join(folder, "verdaccio.yaml");
    copyFileSync(join(files, "verdaccio.yaml"), config);
    return ["--config", config, "--listen", `127.0.0.1:${port}`];
  },
};

/** An npm registry, which takes tokens and, for the account itself, its password: https://verdaccio.org/docs/api */
describe("Verdaccio", () => {
  let example: Example;
  let token: string;
  beforeAll(async () => {
    example = await Example.start("verdaccio", PROGRAM);
    token = await signUp();
    for (const name of ["@harbour/tides", "lights", "ropes"]) await publish(name, "1.0.0");
    expect((await example.connect({ credentials: { token, ...LOGIN } })).status).toBe(201);
    for (const [resource, items] of [
      ["packages", 3],
      ["tokens", 0],
    ] as const) {
      expect(await example.tidewire.sweep(resource)).toMatchObject({ complete: true, items, events: 0 });
    }
  });
  afterAll(() => example?.end());

  it("has a manifest without a fault", () => {
    expect(findingsOf("verdaccio")).toEqual([]);
  });

  it("takes the token for the account's, and refuses another", async () => {
    const connections = await example.tidewire.api("GET", "/v1/connections");
    expect(connections.body.result).toMatchObject([{ name: "work", account: "ada", state: "active" }]);
    const wrong = await example.connect({ name: "wrong", credentials: { token: "bm90IGEgdG9rZW4=" } });
    expect(wrong.body).toMatchObject({ code: "credential_rejected" });
  });

  it("pages through the packages by offset", async () => {
    const first = await example.call("packages.list", { limit: 2 });
    const second = await example.call("packages.list", { limit: 2, cursor: first.body.next_cursor ?? null });
    const names = [first, second].map(({ body }) => (body.result as JsonObject[]).map(({ name }) => name));
    expect(names.map(({ length }) => length)).toEqual([2, 1]);
    expect(names.flat().toSorted()).toEqual(["@harbour/tides", "lights", "ropes"]);
    expect(second.body.next_cursor ?? null).toBeNull();
  });

  it("tells what `npm publish` brought, at the poller's own time", async () => {
    await publish("@harbour/buoys", "0.1.0");
    await example.tidewire.clock.advance(60_000);
    expect(await example.toldOne("packages.created")).toMatchObject({
      data: { name: "@harbour/buoys", version: "0.1.0", description: "Of a harbour" },
    });
  });

  it("tells that another version became the latest, and which one was before", async () => {
    await publish("lights", "1.1.0");
    await example.tidewire.sweep("packages");
    expect(await example.toldOne("packages.released")).toMatchObject({
      data: { name: "lights", version: "1.1.0" },
      previous: { version: "1.0.0" },
    });
    expect(await example.run("packages.tag", { package: "lights", tag: "latest", version: "1.0.0" })).toMatchObject({
      ok: expect.stringContaining("tag"),
    });
    await example.tidewire.sweep("packages");
    expect(await example.toldOne("packages.released")).toMatchObject({ data: { name: "lights", version: "1.0.0" } });
  });

  it("tells what `npm unpublish` took, after two looks and a 404", async () => {
    await npm("unpublish", "ropes", "--force");
    expect(await example.tidewire.sweep("packages")).toMatchObject({ removed: 0, events: 0 });
    expect(await example.tidewire.sweep("packages")).toMatchObject({ removed: 1, events: 1 });
    expect(await example.toldOne("packages.deleted")).toMatchObject({ data: { name: "ropes", version: "1.0.0" } });
  });

  it("tells a token that was made with the account's password, without the token itself", async () => {
    const made = await example.run("tokens.create", { password: LOGIN.password, readonly: true });
    expect(made).toMatchObject({ user: "ada", readonly: true, token: expect.stringMatching(/^.{100,}$/) });
    await example.tidewire.sweep("tokens");
    const { data } = await example.toldOne("tokens.created");
    expect(data).toEqual({ key: made.key, user: "ada", readonly: true, created_at: made.created_at });
    const other = await example.connect({ name: "reader", credentials: { token: made.token ?? null } });
    expect(other.body.result).toMatchObject({ account: "ada" });
    expect(await example.call("packages.list", {}, "reader")).toMatchObject({ status: 200 });
    expect((await example.call("tokens.list", {}, "reader")).body).toMatchObject({ code: "credential_missing" });
    await example.run("tokens.delete", { key: made.key ?? null });
    expect(await example.run("tokens.list")).toEqual([]);
  });

  it("takes the empty list that a token gets which is no good any more for no removal", async () => {
    const connections = await example.tidewire.api("GET", "/v1/connections?limit=200");
    const { id } = (connections.body.result as JsonObject[]).find(({ name }) => name === "work") ?? {};
    const path = `/v1/connections/${String(id)}?probe=false`;
    await example.tidewire.api("PATCH", path, { credentials: { token: "bm90IGEgdG9rZW4=", ...LOGIN } });
    expect(await example.run("packages.list")).toEqual([]);
    for (const _ of [1, 2, 3]) {
      expect(await example.tidewire.sweep("packages")).toMatchObject({ items: 0, removed: 0, events: 0 });
    }
    await example.tidewire.api("PATCH", path, { credentials: { token, ...LOGIN } });
    expect(await example.tidewire.sweep("packages")).toMatchObject({ complete: true, items: 3, events: 0 });
    expect(await example.told(0)).toEqual([]);
  });

  it("lets no secret into the log", () => {
    const log = example.tidewire.logs.join("");
    for (const secret of [token, LOGIN.password]) expect(log).not.toContain(secret);
  });

  /** What `npm adduser` does. */
  async function signUp(): Promise<string> {
    const { username: name, password } = LOGIN;
    const answer = await fetch(`${example.server.url}/-/user/org.couchdb.user:${name}`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name, password }),
    });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { token: string }).token;
  }

  async function publish(name: string, version: string): Promise<void> {
    const folder = join(example.server.folder, "packages", name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version, description: "Of a harbour" }));
    await npm("publish", folder);
  }

  /** The real command line of npm, which knows nothing of Tidewire. */
  async function npm(...args: string[]): Promise<void> {
    const { url, folder } = example.server;
    writeFileSync(join(folder, ".npmrc"), `registry=${url}/\n${url.replace("http:", "")}/:_authToken=${token}\n`);
    const env = { ...cleanEnvironment(folder), npm_config_update_notifier: "false", npm_config_fetch_retries: "0" };
    await promisify(execFile)("npm", args, { cwd: folder, env });
  }
});
