import { afterEach, beforeEach, expect, test } from "vitest";
import type { Json, JsonObject } from "../../src/kernel/json.ts";
import { connectorJson, manifest, resourceJson } from "../manifest/written.ts";
import { Harness } from "../support/harness.ts";
import { type Answer, json, Upstream } from "../support/upstream.ts";

interface Login {
  method: string;
  path: string;
  encoding?: "json" | "form";
  body?: Json;
}

function connector(handle: string, login: Login, more: JsonObject = {}): string {
  const auth = {
    method: "session_token",
    login,
    token: ["session", "token"],
    fields: [{ name: "username" }, { name: "password" }],
    ...more,
  };
  const service = {
    baseURL: { value: "https://app.example/api" },
    params: [{ name: "realm", type: "String", default: "main" }],
    errors: { envelope: { message: ["reason"] } },
    auth,
  };
  return manifest(connectorJson({ handle, service }), resourceJson());
}

const PLAIN = connector("plain", { method: "POST", path: "/login" }, { name: "x-session", ttl: "1h" });
const FORM = connector(
  "form",
  {
    method: "PUT",
    path: "/realms/{{realm}}/users/{{username}}",
    encoding: "form",
    body: { grant: "password", pass: { $param: "password" } },
  },
  { expiresIn: ["session", "seconds"] },
);

/** An app that logs people in, and takes only the newest session of each. */
class App {
  logins = 0;
  wrong = false;
  answer: Answer = (response, seen) => {
    if (seen.method === "GET") {
      const given = seen.headers["x-session"] ?? seen.headers.authorization;
      const good = given === `s${this.logins}` || given === `Bearer s${this.logins}`;
      return (good ? json({ data: [], next_page: null }) : json({ reason: "log in" }, 401))(response, seen);
    }
    if (this.wrong) return json({ reason: `no "${seen.body.toString()}"` }, 403)(response, seen);
    this.logins += 1;
    return json({ session: { token: `s${this.logins}`, seconds: 60 } })(response, seen);
  };
}

let app: App;
let upstream: Upstream;
let harness: Harness;
beforeEach(async () => {
  app = new App();
  upstream = await Upstream.start(app.answer);
  harness = await Harness.start({ env: { TIDEWIRE_CONNECTORS: `${PLAIN},${FORM}` } });
});
afterEach(async () => {
  await harness.end();
  await upstream.stop();
});

async function connect(connector: string): Promise<void> {
  const credentials = { username: "ada l", password: "s3cret&pw" };
  const params = { baseUrl: `${upstream.url}/api` };
  const made = await harness.api("POST", "/v1/connections", { connector, credentials, params });
  expect(made.status).toBe(201);
}
const list = (connector: string) => harness.api("POST", `/v1/connectors/${connector}/operations/things.list`, {});
const logins = () => upstream.seen.filter(({ method }) => method !== "GET");

test("a login gives the token that calls are made with, until its time is over", async () => {
  await connect("plain");
  for (const _ of [1, 2]) expect((await list("plain")).status).toBe(200);
  expect(logins()).toHaveLength(1);
  expect(logins()[0]).toMatchObject({ method: "POST", url: "/api/login" });
  expect(JSON.parse(logins()[0]?.body.toString() ?? "")).toEqual({ username: "ada l", password: "s3cret&pw" });
  expect(upstream.last.headers["x-session"]).toBe("s1");
  await harness.clock.advance(60 * 60_000);
  await list("plain");
  expect(logins()).toHaveLength(2);
});

test("the login is as the manifest says it: method, path, form, and how long the token lasts", async () => {
  await connect("form");
  await list("form");
  expect(logins()[0]).toMatchObject({ method: "PUT", url: "/api/realms/main/users/ada%20l" });
  expect(logins()[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
  expect(Object.fromEntries(new URLSearchParams(logins()[0]?.body.toString()))).toEqual({
    grant: "password",
    pass: "s3cret&pw",
  });
  expect(upstream.last.headers.authorization).toBe("Bearer s1");
  await harness.clock.advance(53_000);
  await list("form");
  expect(logins()).toHaveLength(1);
  await harness.clock.advance(2_000);
  await list("form");
  expect(logins()).toHaveLength(2);
});

test("a session that ended early is begun anew, once for many calls", async () => {
  await connect("plain");
  await list("plain");
  app.logins = 7;
  const many = await Promise.all(Array.from({ length: 10 }, () => list("plain")));
  expect(many.map(({ status }) => status)).toEqual(many.map(() => 200));
  expect(logins()).toHaveLength(2);
});

test("a login that is refused says what the provider said, without the password, and is not tried again at once", async () => {
  await connect("plain");
  app.wrong = true;
  const { status, body, text } = await list("plain");
  expect([status, body.code]).toEqual([400, "needs_reauth"]);
  expect(body.upstream).toMatchObject({ status: 403, message: 'no "{"username":"[secret]","password":"[secret]"}"' });
  expect(text).not.toContain("s3cret");
  await list("plain");
  expect(logins()).toHaveLength(1);
  await harness.clock.advance(30_000);
  app.wrong = false;
  expect((await list("plain")).status).toBe(200);
});

test("what a login says in the form of OAuth is understood, though other errors of the API look otherwise", async () => {
  await connect("plain");
  upstream.script(json({ error: "invalid_grant", error_description: "Nobody of this name." }, 403));
  expect((await list("plain")).body.upstream).toEqual({ status: 403, message: "Nobody of this name." });
});

test("an answer without a token is no login", async () => {
  await connect("plain");
  upstream.script(json({ session: {} }));
  expect((await list("plain")).body.code).toBe("upstream_invalid");
});
