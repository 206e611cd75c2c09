import { parseDuration } from "../../kernel/duration.ts";
import type { Json } from "../../kernel/json.ts";
import type { Grant, OAuthClient, SessionGrant } from "../auth.ts";
import type { AuthSource } from "../schema/service.ts";

/** How a credential's token is got; null for a credential that is sent itself. */
export function normaliseGrant(auth: AuthSource): Grant | null {
  switch (auth.method) {
    case "oauth2_client_credentials":
      return { type: "client_credentials", ...tokens(auth) };
    case "oauth2_authorization_code":
      return {
        type: "authorization_code",
        ...tokens(auth),
        authorizeUrl: auth.authorizeUrl,
        refreshUrl: auth.refreshUrl ?? auth.tokenUrl,
        authorizeParams: auth.authorizeParams ?? {},
      };
    case "session_token":
      return session(auth);
    default:
      return null;
  }
}

type OAuthSource = Extract<AuthSource, { method: "oauth2_client_credentials" | "oauth2_authorization_code" }>;

function tokens(auth: OAuthSource) {
  const client: OAuthClient = {
    id: auth.clientId ?? "clientId",
    secret: auth.clientSecret ?? "clientSecret",
    auth: auth.clientAuth ?? "basic",
  };
  return { client, tokenUrl: auth.tokenUrl, scopes: auth.scopes ?? [], tokenParams: auth.tokenParams ?? {} };
}

function session(auth: Extract<AuthSource, { method: "session_token" }>): SessionGrant {
  const { method, path, encoding, body } = auth.login;
  const everyField: Json = Object.fromEntries((auth.fields ?? []).map(({ name }) => [name, { $param: name }]));
  return {
    type: "session",
    method,
    path,
    encoding: encoding ?? "json",
    body: body ?? everyField,
    token: auth.token,
    expiresIn: auth.expiresIn ?? null,
    ttlMs: auth.ttl === undefined ? null : parseDuration(auth.ttl),
  };
}
