import { describe, expect, test } from "vitest";
import { credentialNames, hostSettings } from "../../src/manifest/grant.ts";
import { connectorJson, linted, resourceJson } from "./written.ts";

function connectorOf(auth: object, service: object = {}) {
  const { connector, findings } = linted(connectorJson({ service: { auth, ...service } }), resourceJson());
  expect(findings).toEqual([]);
  const { default: normalised } = connector.auths;
  if (!normalised) throw new Error("no credential");
  return { connector, auth: normalised };
}

describe("a credential that a token stands for", () => {
  test("of client credentials has an id and a secret, and is a bearer token", () => {
    const { auth } = connectorOf({ method: "oauth2_client_credentials", tokenUrl: "/token", scopes: ["a", "b"] });
    expect(auth).toMatchObject({ in: "header", parameter: "authorization", value: "Bearer {{accessToken}}" });
    expect(auth.fields.map(({ name, secret, required }) => [name, secret, required])).toEqual([
      ["clientId", true, true],
      ["clientSecret", true, true],
    ]);
    expect(auth.grant).toEqual({
      type: "client_credentials",
      client: { id: "clientId", secret: "clientSecret", auth: "basic" },
      tokenUrl: "/token",
      scopes: ["a", "b"],
      tokenParams: {},
    });
  });

  test("of an authorization code refreshes where it gets its tokens, unless it says where", () => {
    const source = { method: "oauth2_authorization_code", authorizeUrl: "/auth", tokenUrl: "/token" };
    expect(connectorOf(source).auth.grant).toMatchObject({ refreshUrl: "/token", authorizeParams: {} });
    expect(connectorOf({ ...source, refreshUrl: "/again" }).auth.grant).toMatchObject({ refreshUrl: "/again" });
  });

  test("of an authorization code may do without a secret, as public clients do", () => {
    const source = { method: "oauth2_authorization_code", authorizeUrl: "/auth", tokenUrl: "/token" };
    const { auth } = connectorOf({ ...source, fields: [{ name: "clientId" }] });
    expect(auth.fields.map((field) => field.name)).toEqual(["clientId"]);
  });

  test("of a session sends every field, unless it says what", () => {
    const login = { method: "POST", path: "/login" };
    const fields = [{ name: "user" }, { name: "pass" }];
    const source = { method: "session_token", login, token: ["token"], fields, name: "X-Session", ttl: "1h" };
    const { auth } = connectorOf(source);
    expect(auth).toMatchObject({ parameter: "x-session", value: "{{accessToken}}" });
    expect(auth.grant).toMatchObject({
      body: { user: { $param: "user" }, pass: { $param: "pass" } },
      encoding: "json",
      expiresIn: null,
      ttlMs: 3_600_000,
    });
    expect(credentialNames(auth)).toEqual(["user", "pass"]);
  });
});

test("the settings that decide where credentials go are those of the base URL and of where tokens are got", () => {
  const params = ["region", "tenant", "colour"].map((name) => ({ name, type: "String" }));
  const { connector } = connectorOf(
    { method: "oauth2_client_credentials", tokenUrl: "https://{{tenant}}.login.example/token" },
    {
      baseURL: { value: "https://{{region}}.acme.example" },
      params,
      headers: { "x-colour": { value: "{{colour}}", omitIfEmpty: true } },
    },
  );
  expect(hostSettings(connector).sort()).toEqual(["region", "tenant"]);
});
