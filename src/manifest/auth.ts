import type { Json } from "../kernel/json.ts";
import type { Selector } from "./select.ts";

type AuthMethod =
  | "api_token"
  | "bearer"
  | "basic"
  | "oauth2_client_credentials"
  | "oauth2_authorization_code"
  | "session_token";

/** The name by which `value` holds a token that was got by a grant. */
export const ACCESS_TOKEN = "accessToken";

/** A credential: what the user enters, and what is sent of it. */
export interface Auth {
  name: string;
  method: AuthMethod;
  optional: boolean;
  /** What the user enters; every one is a field of `credentials`. */
  fields: CredentialField[];
  /** Where it goes: the header, query or cookie name. */
  in: "header" | "query" | "cookie";
  parameter: string;
  /** A text template over the fields and the connection's settings; over `accessToken` where there is a grant. */
  value: string;
  /** `resource.operation` that proves it, called without input; null when only its use does. */
  probe: string | null;
  /** How the token is got that stands for the fields; null when these are sent themselves. */
  grant: Grant | null;
}

export interface CredentialField {
  name: string;
  secret: boolean;
  required: boolean;
  description: string;
  /** The environment variable that gives it to the connection `default`. */
  env?: string;
}

/** How a token is got. Addresses are text templates over the connection's settings: whole URLs, or paths below the base URL. */
export type Grant = ClientCredentialsGrant | AuthorizationCodeGrant | SessionGrant;

/** A program's access to a token endpoint (RFC 6749). `id` and `secret` name fields of the credential. */
export interface OAuthClient {
  id: string;
  secret: string;
  /** How it says who it is: HTTP Basic, or members of the form (RFC 6749, 2.3.1). */
  auth: "basic" | "body";
}

export interface ClientCredentialsGrant {
  type: "client_credentials";
  client: OAuthClient;
  tokenUrl: string;
  scopes: string[];
  /** Further members of token requests, such as an `audience`. */
  tokenParams: Record<string, string>;
}

export interface AuthorizationCodeGrant {
  type: "authorization_code";
  client: OAuthClient;
  /** Where a person agrees, in a browser. */
  authorizeUrl: string;
  tokenUrl: string;
  refreshUrl: string;
  scopes: string[];
  /** Further parameters of the address where a person agrees, such as `access_type`. */
  authorizeParams: Record<string, string>;
  tokenParams: Record<string, string>;
}

/** A login call that answers with a token. */
export interface SessionGrant {
  type: "session";
  method: string;
  /** Over fields and settings, percent-encoded where they are put in. */
  path: string;
  encoding: "json" | "form";
  /** `{"$param": "name"}` stands for a field or a setting. */
  body: Json;
  /** Where the answer has the token. */
  token: Selector;
  /** Where the answer says how long it lasts, in seconds. */
  expiresIn: Selector | null;
  /** How long it lasts when the answer does not say; null: until it is refused. */
  ttlMs: number | null;
}
