import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { Harness } from "../support/harness.ts";
import { type Answer, json, Upstream } from "../support/upstream.ts";

/** Another API, by manifest alone: a login for its things, a key in the query for its reports, a cookie for its cellar. */
const CONNECTOR = {
  manifestVersion: 1,
  handle: "shop",
  service: {
    baseURL: { value: "https://shop.example/api" },
    retry: { max: 0 },
    auth: {
      method: "session_token",
      fields: [{ name: "user" }, { name: "password" }],
      login: { method: "POST", path: "/login" },
      token: ["token"],
      ttl: "1h",
      name: "authorization",
      prefix: "Session ",
    },
    auths: {
      reports: { method: "api_token", in: "query", name: "key", fields: [{ name: "reportKey" }] },
      cellar: { method: "api_token", in: "cookie", name: "sid", fields: [{ name: "cellarKey" }] },
    },
  },
};
const LIST = { method: "GET", response: { records: ["data"] }, pagination: { style: "none", reason: "short" } };
const RESOURCES = [
  { handle: "things", endpoint: { value: "/things" }, operations: { list: LIST } },
  { handle: "reports", endpoint: { value: "/reports" }, auth: "reports", operations: { list: LIST } },
  { handle: "wines", endpoint: { value: "/wines" }, auth: "cellar", operations: { list: LIST } },
];

let logins = 0;
const answer: Answer = (response, seen) => {
  if (seen.url === "/api/login") return json({ token: `t${++logins}` })(response, seen);
  const isOld = seen.headers.authorization === "Session t1" && logins === 1 && seen.url.includes("revoked");
  return json({ data: [] }, isOld ? 401 : 200)(response, seen);
};

const folder = mkdtempSync(join(tmpdir(), "tidewire-shop-"));
let tidewire: Harness;
let upstream: Upstream;

beforeAll(async () => {
  mkdirSync(join(folder, "resources"));
  writeFileSync(join(folder, "connector.json"), JSON.stringify(CONNECTOR));
  writeFileSync(join(folder, "resources", "all.json"), JSON.stringify(RESOURCES));
  upstream = await Upstream.start(answer);
  tidewire = await Harness.start({ env: { TIDEWIRE_CONNECTORS: join(folder, "connector.json") } });
  const made = await tidewire.api("POST", "/v1/connections?probe=false", {
    connector: "shop",
    name: "default",
    credentials: { user: "u", password: "p", reportKey: "rk-theirs", cellarKey: "ck-theirs" },
    params: { baseUrl: `${upstream.url}/api` },
  });
  expect(made.status, made.text).toBe(201);
});
afterAll(async () => {
  await tidewire.end();
  await upstream.stop();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  tidewire.api("GET", `/v1/proxy/shop${path}`, undefined, { headers });

it("a token that was got is put in; after a refusal, which is passed on, the next call has another", async () => {
  expect((await get("/things?revoked=1")).status).toBe(401);
  expect((await get("/things?revoked=1")).status).toBe(200);
  const things = upstream.seen.filter(({ url }) => url.startsWith("/api/things"));
  expect(things.map(({ headers }) => headers.authorization)).toEqual(["Session t1", "Session t2"]);
  expect(logins).toBe(2);
});

it("a key in the query stands for the caller's own of that name, and is told to nobody", async () => {
  tidewire.logs.splice(0);
  const { status, headers, text } = await get("/api/reports?key=mine&day=1&connection=default");
  expect(status).toBe(200);
  expect(upstream.last.url).toBe("/api/reports?day=1&key=rk-theirs");
  expect(upstream.last.headers).not.toHaveProperty("authorization");
  expect(JSON.stringify([[...headers], text, tidewire.logs])).not.toContain("rk-theirs");
});

it("a key in a cookie is the only cookie", async () => {
  await get("/wines", { cookie: "sid=mine; other=1" });
  expect(upstream.last.headers.cookie).toBe("sid=ck-theirs");
});

it("no other credential goes along", async () => {
  await get("/things");
  await get("/reports");
  const [things, reports] = upstream.seen.slice(-2) as unknown as JsonObject[];
  expect(JSON.stringify(things)).not.toMatch(/rk-theirs|ck-theirs/);
  expect(JSON.stringify(reports)).not.toMatch(/Session|ck-theirs/);
});
