import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { connectorJson, resourceJson, written } from "../manifest/written.ts";
import { json, Upstream } from "../support/upstream.ts";
import { Desk } from "../surfaces/cli/rig.ts";

const list = (path: string, more: object) => ({
  method: "GET",
  path: { value: path },
  response: { records: ["data"] },
  pagination: { style: "none", reason: "short" },
  ...more,
});
const OPERATIONS = {
  everywhere: list("/everywhere", {}),
  by_http: list("/by-http", { expose: ["http", "mcp"] }),
  by_cli: list("/by-cli", { expose: ["cli"] }),
  nowhere: list("/nowhere", { expose: [] }),
  pick: list("/pick", { input: [{ name: "id", type: "String", options: "things.nowhere" }] }),
};

let upstream: Upstream;
let desk: Desk;
let serverUrl: string;
const keys: Record<"root" | "reader", string> = { root: "", reader: "" };

beforeAll(async () => {
  upstream = await Upstream.start(json({ data: [{ id: "t1", name: "one" }] }));
  const path = written({
    "connector.json": connectorJson({ service: { baseURL: { value: upstream.url } } }),
    "resources/all.json": [
      resourceJson({ operations: OPERATIONS }),
      resourceJson({ handle: "parts", endpoint: { value: "/parts" }, parent: "things" }),
    ],
  });
  desk = new Desk({ TIDEWIRE_CONNECTORS: path, TIDEWIRE_SANDBOX: "off", TIDEWIRE_ALLOWED_UPSTREAMS: "127.0.0.1" });
  const server = await desk.serve();
  serverUrl = server.url;
  keys.root = server.rootKey;
  await api("POST", "/v1/connections", "root", { connector: "acme", credentials: { apiKey: "k" } });
  const { body } = await api("POST", "/v1/keys", "root", { name: "reader", scopes: ["actions:read"] });
  keys.reader = (body.result as { key: string }).key;
});
afterAll(async () => {
  await desk.close();
  await upstream.stop();
});

async function api(method: string, path: string, key: keyof typeof keys, body?: object) {
  const response = await fetch(serverUrl + path, {
    method,
    headers: { authorization: `Bearer ${keys[key]}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as JsonObject };
}

const run = (name: string) => api("POST", `/v1/connectors/acme/operations/things.${name}`, "reader", {});

it("an operation runs on the surfaces that its `expose` names, and on all without", async () => {
  for (const name of ["everywhere", "by_http"]) expect(await run(name)).toMatchObject({ status: 200 });
  for (const name of ["by_cli", "nowhere"]) {
    expect(await run(name)).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await api("GET", `/v1/connectors/acme/operations/things.${name}`, "reader")).toHaveProperty("status", 404);
    expect(await run(`${name}?limit=1`)).toHaveProperty("status", 404);
  }
  for (const name of ["everywhere", "by_cli"])
    expect(await desk.run("call", `things.${name}`)).toHaveProperty("code", 0);
  for (const name of ["by_http", "nowhere"]) {
    const ran = await desk.run("call", `things.${name}`);
    expect(ran).toMatchObject({ code: 4, err: expect.stringContaining("no operation") as string });
  }
});

it("is listed where it runs: to callers, at the command line and in the OpenAPI document", async () => {
  const { body } = await api("GET", "/v1/connectors/acme", "reader");
  const { operations, resources } = body.result as { operations: { name: string }[]; resources: JsonObject[] };
  const things = operations.map(({ name }) => name).filter((name) => name.startsWith("things."));
  const both = ["things.everywhere", "things.list", "things.pick", "things.read"];
  expect(things.sort()).toEqual(["things.by_http", ...both].sort());
  const printed = (await desk.json("list", "things.")) as { operations: { name: string }[] };
  expect(printed.operations.map(({ name }) => name).sort()).toEqual(["things.by_cli", ...both].sort());
  const paths = Object.keys((await api("GET", "/openapi.json", "reader")).body.paths as JsonObject);
  const told = paths.flatMap((path) => /operations\/(things\..*)$/.exec(path)?.[1] ?? []);
  expect(told.sort()).toEqual(things.sort());
  expect(resources).toMatchObject([
    { handle: "things", parent: null },
    { handle: "parts", parent: "things" },
  ]);
});

it("the choices of a drop-down may come of one that is offered nowhere", async () => {
  const { body } = await api("GET", "/v1/options/acme/things.pick/id", "reader");
  expect(body.result).toEqual([{ id: "t1", name: "one" }]);
});

it("the proxy takes the path of one that is not offered by HTTP for one that no operation names", async () => {
  const proxied = (path: string, key: keyof typeof keys) => api("GET", `/v1/proxy/acme/things/${path}`, key);
  expect(await proxied("by-http", "reader")).toHaveProperty("status", 200);
  expect(await proxied("by-cli", "reader")).toMatchObject({ status: 403, body: { code: "forbidden" } });
  expect(await proxied("by-cli", "root")).toHaveProperty("status", 200);
});
