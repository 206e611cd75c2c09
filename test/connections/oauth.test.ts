import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import { connectorJson, manifest, resourceJson } from "../manifest/written.ts";
import { type Answer, Harness } from "../support/harness.ts";
import { browse, LIVES, OAuthServer } from "../support/oauth-server.ts";

const THINGS = resourceJson({
  operations: {},
  pollers: { main: { operation: "list" } },
  webhooks: [{ event: "things.created", source: { type: "poll", poller: "main", on: { change: "added" } } }],
});
const PROBE = { operation: "things.list" };
const MACHINE = manifest(
  connectorJson({
    handle: "machine",
    service: {
      baseURL: { value: "https://things.example" },
      auth: { method: "oauth2_client_credentials", tokenUrl: "/token", scopes: ["things"] },
      probe: PROBE,
    },
  }),
  THINGS,
);
const WEB = manifest(
  connectorJson({
    handle: "web",
    service: {
      baseURL: { value: "https://things.example" },
      auth: {
        method: "oauth2_authorization_code",
        authorizeUrl: "/auth",
        tokenUrl: "/token",
        scopes: ["openid", "offline_access"],
        authorizeParams: { prompt: "consent" },
      },
      probe: PROBE,
    },
  }),
  THINGS,
);
const MIXED = manifest(
  connectorJson({
    handle: "mixed",
    service: {
      baseURL: { value: "https://things.example" },
      auth: { method: "bearer", fields: [{ name: "apiKey" }] },
      auths: {
        person: {
          method: "oauth2_authorization_code",
          authorizeUrl: "/auth",
          tokenUrl: "/token",
          scopes: ["openid", "offline_access"],
          authorizeParams: { prompt: "consent" },
          optional: true,
        },
      },
    },
  }),
  resourceJson({ auth: "person", operations: {}, pollers: { main: { operation: "list" } } }),
);
const ENV = { TIDEWIRE_CONNECTORS: `${MACHINE},${WEB},${MIXED}` };

// oidc-provider tells whoever starts it that its store is for development only.
beforeAll(() => {
  for (const level of ["info", "warn"] as const) vi.spyOn(console, level).mockImplementation(() => {});
});

let harness: Harness;
let oauth: OAuthServer;
beforeEach(async () => {
  harness = await Harness.start({ env: ENV });
  oauth = await OAuthServer.start(`${harness.url}/oauth/callback`);
});
afterEach(async () => {
  await harness.end();
  await oauth.stop();
});

function connect(connector: "machine" | "web", clientSecret: string): Promise<Answer> {
  const credentials = { clientId: connector, clientSecret };
  return harness.api("POST", "/v1/connections", { connector, credentials, params: { baseUrl: oauth.url } });
}

const list = (connector: string) => harness.api("POST", `/v1/connectors/${connector}/operations/things.list`, {});
const state = async (id: unknown) => (await harness.api("GET", `/v1/connections/${String(id)}`)).body.result;
const pollers = async () => (await harness.api("GET", "/v1/pollers")).body.result as JsonObject[];
const grants = () => oauth.tokenRequests.map((form) => form.get("grant_type"));
const result = (answer: Answer) => answer.body.result as JsonObject;

async function told(): Promise<JsonObject[]> {
  const { body } = await harness.api("GET", "/v1/events?type=tidewire.connection.needs_reauth");
  return body.result as JsonObject[];
}

/** All that was logged and stored holds none of these. */
function expectKept(...secrets: (string | undefined)[]): void {
  const stored = ["tidewire.db", "tidewire.db-wal"].map((file) =>
    readFileSync(join(harness.folder, file)).toString("latin1"),
  );
  for (const secret of secrets) {
    expect(secret).toMatch(/.{6}/);
    for (const text of [...stored, ...harness.logs]) expect(text).not.toContain(secret);
  }
}

describe("client credentials", () => {
  const SECRET = "machine-s3cret+/%";

  test("become a token, which is kept sealed and used until it nears its end", async () => {
    expect((await connect("machine", SECRET)).status).toBe(201);
    const begun = oauth.tokenRequests.length;
    expect((await list("machine")).body.result).toEqual([{ id: "t1", name: "one" }]);
    await harness.clock.advance((LIVES.machine - 31) * 1000);
    await list("machine");
    const kept = oauth.tokenRequests.length;
    expect(kept).toBe(begun + 1);
    await harness.clock.advance(2_000);
    await list("machine");
    expect(oauth.tokenRequests.length).toBe(kept + 1);
    expect(oauth.tokenRequests.at(-1)?.get("scope")).toBe("things");
    expectKept(SECRET, oauth.presented.at(-1));
  });

  test("make one token request for many calls at once, and one more when the token is refused", async () => {
    await connect("machine", SECRET);
    await list("machine");
    await harness.clock.advance(LIVES.machine * 1000);
    const before = oauth.tokenRequests.length;
    const many = await Promise.all(Array.from({ length: 20 }, () => list("machine")));
    expect(many.every(({ status }) => status === 200)).toBe(true);
    expect(oauth.tokenRequests.length).toBe(before + 1);
    const refused = oauth.presented.at(-1) as string;
    oauth.refused.add(refused);
    const again = await Promise.all(Array.from({ length: 20 }, () => list("machine")));
    expect(again.every(({ status }) => status === 200)).toBe(true);
    expect(oauth.tokenRequests.length).toBe(before + 2);
  });

  test("a call whose second token is refused as well ends with what the provider said", async () => {
    await connect("machine", SECRET);
    await list("machine");
    const refuseAll = { has: () => true };
    Object.defineProperty(oauth, "refused", { value: refuseAll });
    const before = oauth.presented.length;
    const { status, body } = await list("machine");
    expect([status, body.code]).toEqual([502, "upstream_unauthorized"]);
    expect(oauth.presented.length).toBe(before + 2);
  });

  test("that the provider refuses make no connection, and are not told", async () => {
    const { status, body, text } = await connect("machine", "wr0ng-s3cret");
    expect([status, body.code]).toEqual([400, "credential_rejected"]);
    expect(body.detail).toMatch(
      /^The provider refused the credentials of the connection "\w+": [^"]+[^.]\. Give others,/,
    );
    expect(text).toContain("invalid_client");
    expect(text).not.toContain("wr0ng-s3cret");
  });

  test("refused later, they put the connection and its pollers into needs_reauth, told once; they come back by themselves", async () => {
    const { id } = result(await connect("machine", SECRET));
    await list("machine");
    await harness.clock.advance(LIVES.machine * 1000);
    oauth.tokenFault = { status: 401, body: { error: "invalid_client", error_description: `not ${SECRET}` } };
    const failed = await list("machine");
    expect([failed.status, failed.body.code]).toEqual([400, "needs_reauth"]);
    expect(failed.text).not.toContain(SECRET);
    const before = oauth.tokenRequests.length;
    await list("machine");
    expect(oauth.tokenRequests.length).toBe(before); // a provider that refused is left alone for a while
    expect(await state(id)).toMatchObject({ state: "needs_reauth" });
    expect((await pollers()).map((poller) => poller.state)).toEqual(["needs_reauth"]);
    expect((await told()).map((event) => event.data)).toEqual([
      { connection: id, poller: null, error: expect.stringContaining("invalid_client") },
    ]);
    oauth.tokenFault = null;
    await harness.clock.advance(30_000);
    expect((await list("machine")).status).toBe(200);
    expect(await state(id)).toMatchObject({ state: "active" });
    expect(await told()).toHaveLength(1);
  });

  test("refused in a sweep, they are told once as well", async () => {
    const { id } = result(await connect("machine", SECRET));
    await harness.sweep("things", String(id));
    await harness.clock.advance(LIVES.machine * 1000);
    oauth.tokenFault = { status: 401, body: { error: "invalid_client" } };
    await harness.sweep("things", String(id));
    expect((await pollers()).map((poller) => poller.state)).toEqual(["needs_reauth"]);
    expect(await told()).toHaveLength(1);
  });

  test("that are changed to wrong ones change nothing", async () => {
    const { id } = result(await connect("machine", SECRET));
    await list("machine");
    const before = oauth.tokenRequests.length;
    const change = { credentials: { clientSecret: "wr0ng-s3cret" } };
    const { body } = await harness.api("PATCH", `/v1/connections/${String(id)}`, change);
    expect(body.code).toBe("credential_rejected");
    expect((await list("machine")).status).toBe(200);
    expect([await state(id), await told()]).toMatchObject([{ state: "active" }, []]);
    expect(oauth.tokenRequests.length).toBe(before + 1);
  });

  test("a token endpoint in trouble is no reason to authorize again", async () => {
    const { id } = result(await connect("machine", SECRET));
    oauth.tokenFault = { status: 503, body: "down" };
    await harness.clock.advance(LIVES.machine * 1000);
    expect((await list("machine")).body.code).toBe("upstream_error");
    oauth.tokenFault = { status: 200, body: { token_type: "Bearer" } };
    expect((await list("machine")).body.code).toBe("upstream_invalid");
    expect(await state(id)).toMatchObject({ state: "active" });
  });
});

describe("an authorization code", () => {
  const SECRET = "web-s3cret";

  async function authorizeUrl(id: unknown): Promise<string> {
    return String(result(await harness.api("GET", `/v1/connections/${String(id)}/authorize`)).url);
  }

  /** Makes a connection and has a person agree to it; gives its id and the address the person came back by. */
  async function authorized(): Promise<{ id: unknown; back: string }> {
    const { id } = result(await connect("web", SECRET));
    return { id, back: await agree(id) };
  }

  async function agree(id: unknown): Promise<string> {
    const back = await browse(await authorizeUrl(id), harness.url);
    const page = await come(back);
    expect([page.status, page.text]).toEqual([200, expect.stringContaining("<h1>Connected</h1>")]);
    return back;
  }

  const come = (url: string) => harness.api("GET", url.slice(harness.url.length), undefined, { key: null });

  test("is waited for: until then nothing is sent and nothing polled", async () => {
    const { id, state: first } = result(await connect("web", SECRET));
    expect(first).toBe("needs_reauth");
    expect(await pollers()).toEqual([]);
    const { status, body } = await list("web");
    expect([status, body.code]).toEqual([400, "needs_reauth"]);
    expect(body.detail).toContain(`/v1/connections/${String(id)}/authorize`);
    expect([oauth.presented, oauth.tokenRequests]).toEqual([[], []]);
  });

  test("is asked for with PKCE, and becomes tokens that are used and kept sealed", async () => {
    const { id } = result(await connect("web", SECRET));
    const url = new URL(await authorizeUrl(id));
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: "code",
      client_id: "web",
      redirect_uri: `${harness.url}/oauth/callback`,
      scope: "openid offline_access",
      code_challenge_method: "S256",
      prompt: "consent",
    });
    await agree(id);
    expect(grants()).toEqual(["authorization_code"]);
    expect(await state(id)).toMatchObject({ state: "active" });
    expect((await list("web")).status).toBe(200);
    expect((await pollers()).map((poller) => poller.state)).toEqual(["active"]);
    const verifier = oauth.tokenRequests[0]?.get("code_verifier") ?? undefined;
    expectKept(SECRET, oauth.presented.at(-1), verifier, oauth.tokenRequests[0]?.get("code") ?? undefined);
  });

  test("works once, for ten minutes, and only with a state of ours", async () => {
    const { id, back } = await authorized();
    const again = await come(back);
    expect([again.status, again.text]).toEqual([400, expect.stringContaining("Not connected")]);
    // Base64 is read leniently, and what follows the seal is not read at all: the same state in other letters.
    for (const tail of [".x", "=", "%20", "!"])
      expect((await come(back.replace(/(state=[^&]+)/, `$1${tail}`))).status).toBe(400);
    const late = await browse(await authorizeUrl(id), harness.url);
    await harness.clock.advance(10 * 60_000);
    expect((await come(late)).status).toBe(400);
    for (const state of ["", "state=", "state=v1.abc.def", "state=x"]) {
      expect((await come(`${harness.url}/oauth/callback?code=c&${state}`)).status).toBe(400);
    }
    expect(grants()).toEqual(["authorization_code"]);
  });

  test("is of no use when the key that began it was revoked", async () => {
    const { id } = result(await connect("web", SECRET));
    const made = result(await harness.api("POST", "/v1/keys", { name: "k", scopes: ["connections"] }));
    const began = await harness.api("GET", `/v1/connections/${String(id)}/authorize`, undefined, {
      key: String(made.key),
    });
    const back = await browse(String(result(began).url), harness.url);
    await harness.api("DELETE", `/v1/keys/${String(made.id)}`);
    expect((await come(back)).status).toBe(403);
    expect(await state(id)).toMatchObject({ state: "needs_reauth" });
  });

  test("may be refused: the page says by what, escaped, and takes nothing else in", async () => {
    const { id } = result(await connect("web", SECRET));
    const sealed = new URL(await authorizeUrl(id)).searchParams.get("state") ?? "";
    const query = new URLSearchParams({
      state: sealed,
      error: "access_denied",
      error_description: "<script>x</script>",
    });
    const page = await come(`${harness.url}/oauth/callback?${query}`);
    expect(page.status).toBe(400);
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page.text).toContain("access_denied: &lt;script&gt;x&lt;/script&gt;");
    expect(page.text).not.toContain("<script");
  });

  test("may come back after a restart, and its tokens outlive one", async () => {
    const { id } = result(await connect("web", SECRET));
    const back = await browse(await authorizeUrl(id), harness.url);
    const { port } = new URL(harness.url);
    await harness.stop();
    harness = await Harness.start({ env: ENV, folder: harness.folder, clock: harness.clock });
    expect((await come(back.replace(`:${port}`, `:${new URL(harness.url).port}`))).status).toBe(200);
    await harness.stop();
    harness = await Harness.start({ env: ENV, folder: harness.folder, clock: harness.clock });
    expect((await list("web")).status).toBe(200);
    expect(grants()).toEqual(["authorization_code"]);
  });

  test("its tokens are refreshed once for many calls, each time by the newest refresh token", async () => {
    await authorized();
    for (const turn of [1, 2, 3]) {
      await harness.clock.advance(LIVES.access * 1000);
      const many = await Promise.all(Array.from({ length: 20 }, () => list("web")));
      expect(many.map(({ status }) => status)).toEqual(many.map(() => 200));
      expect(grants().filter((grant) => grant === "refresh_token")).toHaveLength(turn);
    }
    const used = oauth.tokenRequests.flatMap((form) => form.get("refresh_token") ?? []);
    expect(new Set(used).size).toBe(3);
    expectKept(...used);
  });

  test("its newest refresh token outlives a change of the connection whose probe brought it", async () => {
    const { id } = await authorized();
    for (const turn of [1, 2]) {
      await harness.clock.advance(LIVES.access * 1000);
      const change = { credentials: { clientSecret: SECRET } };
      expect((await harness.api("PATCH", `/v1/connections/${String(id)}`, change)).status).toBe(200);
      expect(grants().filter((grant) => grant === "refresh_token")).toHaveLength(turn);
      expect(await state(id)).toMatchObject({ state: "active" });
    }
  });

  test("whose refresh is refused needs a person again, told once; agreeing again mends it", async () => {
    const { id } = await authorized();
    await list("web");
    await oauth.revokeAll();
    await harness.clock.advance(LIVES.access * 1000);
    for (const _ of [1, 2]) expect((await list("web")).body.code).toBe("needs_reauth");
    expect(await state(id)).toMatchObject({ state: "needs_reauth" });
    expect((await pollers()).map((poller) => poller.state)).toEqual(["needs_reauth"]);
    expect(await told()).toHaveLength(1);
    expect(grants()).toEqual(["authorization_code", "refresh_token"]);
    await agree(id);
    expect((await list("web")).status).toBe(200);
    expect(await state(id)).toMatchObject({ state: "active" });
    expect((await harness.sweep("things", String(id))).complete).toBe(true);
    expect((await pollers()).map((poller) => poller.state)).toEqual(["active"]);
  });

  test("whose refresh is refused in a sweep is told once, and the poller waits", async () => {
    const { id } = await authorized();
    await list("web");
    await harness.sweep("things", String(id));
    await oauth.revokeAll();
    await harness.clock.advance(LIVES.access * 1000);
    await harness.sweep("things", String(id));
    expect((await pollers()).map((poller) => poller.state)).toEqual(["needs_reauth"]);
    expect(await told()).toHaveLength(1);
  });

  test("in the proxy a refused token is passed on as it is, and replaced for the next request", async () => {
    await authorized();
    const things = () => harness.api("GET", "/v1/proxy/web/things");
    expect((await things()).status).toBe(200);
    oauth.refused.add(oauth.presented.at(-1) as string);
    expect([(await things()).status, (await things()).status]).toEqual([401, 200]);
    expect(grants()).toEqual(["authorization_code", "refresh_token"]);
  });

  test("of an optional credential is missed only where it is needed, and its loss is not the connection's", async () => {
    const credentials = { apiKey: "k", clientId: "web", clientSecret: SECRET };
    const params = { baseUrl: oauth.url };
    const made = result(await harness.api("POST", "/v1/connections", { connector: "mixed", credentials, params }));
    expect(made).toMatchObject({ state: "active" });
    expect((await list("mixed")).body.code).toBe("credential_missing");
    expect(await pollers()).toEqual([]);
    await agree(made.id);
    expect((await list("mixed")).status).toBe(200);
    expect(await pollers()).toHaveLength(1);
    await oauth.revokeAll();
    await harness.clock.advance(LIVES.access * 1000);
    expect((await list("mixed")).body.code).toBe("needs_reauth");
    expect((await list("mixed")).body.code).toBe("credential_missing");
    expect([await state(made.id), await told()]).toMatchObject([{ state: "active" }, []]);
  });

  test("its tokens are not used with other credentials, or at another host", async () => {
    const { id } = await authorized();
    await harness.api("PATCH", `/v1/connections/${String(id)}`, { name: "renamed" });
    expect((await list("web")).status).toBe(200);
    const credentials = { clientId: "web", clientSecret: "another" };
    const changed = await harness.api("PATCH", `/v1/connections/${String(id)}`, { credentials });
    expect(result(changed)).toMatchObject({ state: "needs_reauth" });
    const before = oauth.presented.length;
    expect((await list("web")).body.code).toBe("needs_reauth");
    expect(oauth.presented.length).toBe(before);
  });
});
