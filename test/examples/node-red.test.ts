import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Example, findingsOf, typeOf } from "./support/example.ts";
import type { Program } from "./support/real-server.ts";

const CREDENTIALS = { username: "ada", password: "harbour-pass" };
const PROGRAM: Program = {
  script: "node-red/red.js",
  args({ port, folder, files }) {
    return ["--settings", join(files, "node-red.cjs"), "--userDir", folder, "--port", String(port)];
  },
};

/** An API that gives a token to those who log in: https://nodered.org/docs/api/admin/ */
describe("Node-RED", () => {
  let example: Example;
  let token: string;
  beforeAll(async () => {
    example = await Example.start("node-red", PROGRAM);
    token = await logIn();
    expect((await example.connect({ credentials: CREDENTIALS })).status).toBe(201);
    for (const resource of ["flows", "node_sets"]) {
      expect(await example.tidewire.sweep(resource)).toMatchObject({ complete: true, events: 0 });
    }
  });
  afterAll(() => example?.end());

  it("has a manifest without a fault", () => {
    expect(findingsOf("node-red")).toEqual([]);
  });

  it("logs in with the user's name and password, and tells whose they are", async () => {
    const connections = await example.tidewire.api("GET", "/v1/connections");
    expect(connections.body.result).toMatchObject([{ name: "work", account: "ada", state: "active" }]);
    expect(await example.run("settings.read")).toMatchObject({ version: "5.0.7", user: "ada" });
    const wrong = await example.connect({ name: "wrong", credentials: { ...CREDENTIALS, password: "guess" } });
    expect(wrong.body).toMatchObject({ code: "credential_rejected" });
    expect(wrong.body.detail).toMatch(/connection "wrong": Invalid resource owner credentials\. Give others/);
  });

  it("tells a flow that was deployed in the editor, at the poller's own time", async () => {
    const id = await deploy({ label: "Tides", info: "High water", nodes: [{ id: "n1", type: "debug", x: 10, y: 10 }] });
    await example.tidewire.clock.advance(60_000);
    const { data } = await example.toldOne("flows.created");
    expect(data).toEqual({ id, label: "Tides", info: "High water", disabled: null });
  });

  it("tells that a flow changed and that it was stopped", async () => {
    const id = await deploy({ label: "Ships", nodes: [] });
    await example.tidewire.sweep("flows");
    await example.toldOne("flows.created");
    await change("PUT", `/flow/${id}`, { id, label: "Ships", disabled: true, nodes: [] });
    expect(await example.tidewire.sweep("flows")).toMatchObject({ changed: 1, events: 2 });
    const told = await example.told(2);
    expect(told.map(typeOf).toSorted()).toEqual(["flows.disabled", "flows.updated"]);
    for (const { body } of told) expect(body.data).toMatchObject({ id, label: "Ships", disabled: true });
  });

  it("tells a removal after two looks and a 404", async () => {
    const id = await deploy({ label: "Gone soon", nodes: [] });
    await example.tidewire.sweep("flows");
    await example.toldOne("flows.created");
    await change("DELETE", `/flow/${id}`);
    expect(await example.tidewire.sweep("flows")).toMatchObject({ removed: 0, events: 0 });
    expect(await example.tidewire.sweep("flows")).toMatchObject({ removed: 1, events: 1 });
    expect(await example.toldOne("flows.deleted")).toMatchObject({ data: { id, label: "Gone soon" } });
  });

  it("tells that a node set was taken from the palette", async () => {
    await change("PUT", "/nodes/node-red/delay", { enabled: false });
    await example.tidewire.sweep("node_sets");
    expect(await example.toldOne("node_sets.disabled")).toMatchObject({ data: { id: "node-red/delay" } });
  });

  it("logs in again when its token was revoked, and nobody notices; no token is in the log", async () => {
    const before = given();
    for (const theirs of before) await change("POST", "/auth/revoke", { token: theirs });
    expect(given()).toEqual([]);
    expect(await example.tidewire.sweep("flows")).toMatchObject({ complete: true, events: 0 });
    expect(await example.call("flows.list")).toMatchObject({ status: 200 });
    expect(given()).toHaveLength(1);
    const log = example.tidewire.logs.join("");
    for (const secret of [CREDENTIALS.password, ...before, ...given()]) expect(log).not.toContain(secret);
  });

  it("runs its operations", async () => {
    const { id = null } = await example.run("flows.create", { label: "Lights", disabled: true });
    expect(await example.run("flows.read", { flow_id: id })).toMatchObject({ label: "Lights", disabled: true });
    await example.run("flows.update", { flow_id: id, label: "Beacons", info: "Both of them" });
    expect(await example.run<JsonObject[]>("flows.list")).toContainEqual({
      id,
      label: "Beacons",
      info: "Both of them",
      disabled: null,
    });
    expect(await example.run("node_sets.update", { module: "node-red", name: "delay", enabled: true })).toMatchObject({
      id: "node-red/delay",
      enabled: true,
    });
    await example.run("flows.delete", { flow_id: id });
    expect(await example.call("flows.read", { flow_id: id })).toMatchObject({ status: 404 });
  });

  /** Somebody at the editor, who knows nothing of Tidewire. */
  async function change(method: string, path: string, body?: JsonObject): Promise<Response> {
    const answer = await ask(method, path, body, token);
    expect(answer.ok).toBe(true);
    return answer;
  }

  async function deploy(flow: JsonObject): Promise<string> {
    const answer = (await (await change("POST", "/flow", flow)).json()) as { id: string };
    return answer.id;
  }

  async function logIn(): Promise<string> {
    const login = { client_id: "node-red-admin", grant_type: "password", scope: "*", ...CREDENTIALS };
    const answer = await ask("POST", "/auth/token", login, "");
    return ((await answer.json()) as { access_token: string }).access_token;
  }

  /** The tokens that Node-RED has given to others. */
  function given(): string[] {
    const sessions = readFileSync(join(example.server.folder, ".sessions.json"), "utf8");
    return Object.keys(JSON.parse(sessions) as JsonObject).filter((other) => other !== token);
  }

  function ask(method: string, path: string, body: JsonObject | undefined, bearer: string): Promise<Response> {
    return fetch(example.server.url + path, {
      method,
      headers: { "content-type": "application/json", authorization: `Bearer ${bearer}` },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  }
});
