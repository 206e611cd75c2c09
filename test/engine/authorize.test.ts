import { describe, expect, test } from "vitest";
import { authorize, mayReceiveCredentials } from "../../src/engine/authorize.ts";
import { buildRequest } from "../../src/engine/request.ts";
import { Secret } from "../../src/kernel/secret.ts";
import type { ServiceSource } from "../../src/manifest/schema/service.ts";
import { callOf, connectorOf, type ServicePart } from "./rig.ts";

const BASE = "http://127.0.0.1:9/v1";

function authorized(
  auth: ServiceSource["auth"],
  credentials: Record<string, string>,
  service: ServicePart = {},
  token: Secret | null = null,
) {
  const connector = connectorOf(
    {
      operations: {
        find: {
          method: "GET",
          input: [{ name: "q", type: "String" }],
          queryParams: { q: { value: "{{q}}" } },
        },
      },
    },
    { ...service, auth },
  );
  const call = callOf(connector, "find", BASE, { q: "a b[]" });
  const secrets = Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, new Secret(value)]));
  const known = { ...call, account: { ...call.account, credentials: secrets } };
  return authorize(buildRequest(known), known, token);
}

const fields = [{ name: "apiKey" }];

describe("a credential", () => {
  test("goes into the header that the manifest names, in place of one of that name", () => {
    const request = authorized(
      { method: "api_token", name: "X-Api-Key", prefix: "Key ", fields },
      { apiKey: "s3cret" },
      { headers: { "x-other": { value: "1" } } },
    );
    expect(request.headers).toMatchObject({ "x-api-key": "Key s3cret", "x-other": "1" });
  });

  test("is a bearer token", () => {
    expect(authorized({ method: "bearer", fields }, { apiKey: "s3cret" }).headers.authorization).toBe("Bearer s3cret");
  });

  test("joins the query, encoded, and leaves what is there as it is", () => {
    const request = authorized({ method: "api_token", in: "query", name: "key", fields }, { apiKey: "s3&cret" });
    expect(request.url.href).toBe(`${BASE}/items?q=a%20b%5B%5D&key=s3%26cret`);
  });

  test("joins the cookies", () => {
    const auth = { method: "api_token" as const, in: "cookie" as const, name: "sid", fields };
    expect(authorized(auth, { apiKey: "s;1" }).headers.cookie).toBe("sid=s%3B1");
    const withCookie = { headers: { cookie: { value: "theme=dark" } } };
    expect(authorized(auth, { apiKey: "s1" }, withCookie).headers.cookie).toBe("theme=dark; sid=s1");
  });

  test.each<Record<string, string>>([{}, { apiKey: "" }])(
    "that the connection lacks (%j) is credential_missing, naming connection and field",
    (given) => {
      expect(() => authorized({ method: "bearer", fields }, given)).toThrow(
        expect.objectContaining({ code: "credential_missing", message: expect.stringMatching(/"default".*"apiKey"/) }),
      );
    },
  );

  test("with a line end cannot smuggle a header in, and is not told", () => {
    const attempt = () => authorized({ method: "bearer", fields }, { apiKey: "s3cret\r\nx-admin: 1" });
    expect(attempt).toThrow(expect.objectContaining({ code: "invalid_input" }));
    expect(attempt).not.toThrow(/s3cret/);
  });

  test("is not needed by an API that is open", () => {
    expect(authorized(undefined, {}).headers).toEqual({ accept: "application/json" });
  });

  test("is not put on a request to another host", () => {
    const call = callOf(connectorOf({ operations: { find: { method: "GET" } } }), "find", BASE);
    const led = { ...buildRequest(call), url: new URL("https://evil.example/v1/items") };
    expect(() => authorize(led, call)).toThrow(
      expect.objectContaining({ code: "invalid_upstream", message: expect.stringContaining("evil.example") }),
    );
  });

  test("of user and password is HTTP Basic, in UTF-8; the password may be none", () => {
    const auth = { method: "basic" as const, username: "user", password: "pass" };
    const given = { user: "Jörg", pass: "a:b" };
    const { authorization } = authorized(auth, given).headers;
    expect(Buffer.from(authorization?.slice("Basic ".length) ?? "", "base64").toString()).toBe("Jörg:a:b");
    expect(authorized({ method: "basic", username: "user" }, given).headers.authorization).toBe("Basic SsO2cmc6");
    expect(() => authorized(auth, { user: "u" })).toThrow(expect.objectContaining({ code: "credential_missing" }));
  });

  test.each<[string[] | undefined, string]>([
    [["username", "password"], "u:p"],
    [["password", "username"], "u:p"],
    [["site", "password", "username"], "u:p"],
    [["key", "password"], "k:p"],
    [["key", "site"], "k:s"],
    [["key"], "k:"],
    [undefined, "u:p"],
  ])("of the fields %j is HTTP Basic of those so named, else of the first two", (names, login) => {
    const auth = { method: "basic" as const, ...(names && { fields: names.map((name) => ({ name })) }) };
    const given = { username: "u", password: "p", key: "k", site: "s" };
    expect(authorized(auth, given).headers.authorization).toBe(`Basic ${btoa(login)}`);
  });

  test("that stands for a token is not sent itself: the token is", () => {
    const auth: ServiceSource["auth"] = { method: "oauth2_client_credentials", tokenUrl: "/token" };
    const known = { clientId: "id", clientSecret: "s3cret" };
    expect(authorized(auth, known, {}, new Secret("t-1")).headers.authorization).toBe("Bearer t-1");
    const named = authorized({ ...auth, name: "X-Token" }, known, {}, new Secret("t-1"));
    expect(named.headers).toMatchObject({ "x-token": "t-1" });
    expect(() => authorized(auth, known)).toThrow(expect.objectContaining({ code: "credential_missing" }));
  });
});

test.each([
  ["https://api.shop.example/a", true],
  ["https://api.shop.example:8443/a", false],
  ["http://api.shop.example/a", false],
  ["https://files.shop.example/a", true],
  ["http://files.shop.example/a", false],
  ["https://files.shop.example:444/a", false],
  ["https://files.shop.example.evil.example/a", false],
  ["https://evil.example/", false],
])("%s may have the credentials of https://api.shop.example: %s", (url, may) => {
  expect(mayReceiveCredentials(new URL(url), "https://api.shop.example", ["files.shop.example"])).toBe(may);
});
