import { z } from "zod";
import { inbound } from "./inbound.ts";
import { strict, strictBranch, strictUnion } from "./object.ts";
import { paginationRule } from "./pagination.ts";
import {
  duration,
  errorRules,
  handle,
  headerName,
  headers,
  json,
  meta,
  param,
  retry,
  selector,
  variable,
} from "./parts.ts";
import { resource } from "./resource.ts";
import { unified } from "./unified.ts";

const credentialField = strict({
  name: variable,
  secret: z.boolean().optional().describe("True unless said: sealed, never shown again, never logged."),
  required: z.boolean().optional(),
  description: z.string().optional(),
  env: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]*$/, "write an environment variable's name, such as ANTHROPIC_API_KEY")
    .optional()
    .describe("The environment variable that gives it to the connection `default`."),
});

const common = {
  fields: z.array(credentialField).optional().describe("What the user enters."),
  optional: z.boolean().optional().describe("Without it, operations that need it answer `credential_missing`."),
  probe: z
    .string()
    .optional()
    .describe("Of a further credential: `resource.operation`, which is called without input to prove it."),
};
const seedParams = strict({
  apiToken: strict({ token: strict({ value: z.string() }), headerName: strict({ value: z.string() }) }),
});
const placement = {
  in: z.enum(["header", "query", "cookie"]).optional(),
  name: z
    .string()
    .optional()
    .describe("The name of the header, query parameter or cookie; `authorization` unless said."),
  prefix: z.string().optional().describe("Stands before the token; `Bearer ` unless it or `name` is said."),
};
const address = z
  .string()
  .regex(/^(\/|https?:\/\/)/, "write a whole URL, or a path below the base URL that begins with `/`");
const oauth = {
  tokenUrl: address.describe("A template over the settings: a whole URL, or a path below the base URL."),
  scopes: z.array(z.string()).optional(),
  clientId: variable.optional().describe("The field that holds the client's id; `clientId` unless said."),
  clientSecret: variable.optional().describe("The field that holds its secret; `clientSecret` unless said."),
  clientAuth: z
    .enum(["basic", "body"])
    .optional()
    .describe("How the client says who it is at the token endpoint; `basic` unless said."),
  tokenParams: z.record(z.string(), z.string()).optional().describe("Further members of token requests."),
  ...placement,
  ...common,
};

/** A credential and where it goes. */
const auth = strictUnion("method", [
  strictBranch({
    method: z.literal("api_token"),
    params: seedParams.optional().describe("The seed form."),
    in: z.enum(["header", "query", "cookie"]).optional(),
    name: z.string().optional().describe("The name of the header, query parameter or cookie."),
    prefix: z.string().optional(),
    value: z.string().optional().describe("A template over the fields; the first field unless said."),
    ...common,
  }),
  strictBranch({ method: z.literal("bearer"), value: z.string().optional(), ...common }),
  strictBranch({
    method: z.literal("basic"),
    username: variable
      .optional()
      .describe("The field that holds it. Unless said, the fields `username` and `password`, else the first two."),
    password: variable.optional().describe("The field that holds it; empty when only `username` is said."),
    ...common,
  }),
  strictBranch({ method: z.literal("oauth2_client_credentials"), ...oauth }),
  strictBranch({
    method: z.literal("oauth2_authorization_code"),
    authorizeUrl: address.describe("Where a person agrees, in a browser."),
    refreshUrl: address.optional().describe("Where tokens are refreshed; `tokenUrl` unless said."),
    authorizeParams: z.record(z.string(), z.string()).optional().describe("Further parameters of `authorizeUrl`."),
    ...oauth,
  }),
  strictBranch({
    method: z.literal("session_token"),
    login: strict({
      method: z.string(),
      path: z.string().startsWith("/").describe("Below the base URL; a template over the fields and the settings."),
      encoding: z.enum(["json", "form"]).optional(),
      body: json.optional().describe('{"$param": "name"} stands for a field or a setting; every field unless said.'),
    }),
    token: selector.describe("Where the answer has the token."),
    expiresIn: selector.optional().describe("Where the answer says how long it lasts, in seconds."),
    ttl: duration
      .optional()
      .describe("How long it lasts when the answer does not say; until it is refused unless said."),
    ...placement,
    ...common,
  }),
]);

const probe = strict({
  operation: z.string().describe("`resource.operation`: the call that proves a credential."),
  input: z.record(z.string(), json).optional(),
  account: selector.optional().describe("Where the answer says whose it is."),
  accountHeader: z.string().optional().describe("The header of the answer that says whose it is."),
});

const reserve = z
  .number()
  .min(0)
  .max(1)
  .optional()
  .describe("The share of the limit that pollers leave to callers; 0.2 unless said.");

const service = strict({
  baseURL: strict({ value: z.string(), placeholders: z.array(param).optional() }),
  protocol: z.enum(["https", "http"]).optional(),
  contentType: z.string().optional(),
  headers: headers.optional(),
  params: z.array(param).optional().describe("Settings of a connection that are not secret."),
  auth: auth.optional(),
  auths: z.record(variable, auth).optional().describe("Further credentials, held together with the default one."),
  allowedHosts: z
    .array(z.string())
    .optional()
    .describe("The hosts that may receive credentials, beside the base URL's."),
  timeout: duration.optional(),
  retry: retry.optional(),
  rateLimit: z
    .array(
      z.union([
        strict({ headers: strict({ limit: headerName, remaining: headerName, reset: headerName }), reserve }),
        strict({ requests: z.number().int().min(1), per: duration, reserve }),
      ]),
    )
    .optional()
    .describe("Limits of the provider on an account's requests: told by headers of its answers, or counted here."),
  errors: errorRules.optional(),
  capture: z.array(z.string()).optional().describe("Response headers to keep; a trailing `*` matches a prefix."),
  redact: z.array(z.string()).optional().describe("Names never to log."),
  probe: probe.optional(),
  inbound: inbound.optional().describe("How the provider's own webhooks come in."),
});

/** `connector.json`. */
export const connector = strict({
  $schema: z.string().optional(),
  manifestVersion: z.literal(1).optional().describe("1; absent in the seed form."),
  handle,
  version: z
    .string()
    .regex(/^\d+\.\d+\.\d+/, "a version is three numbers, such as 1.0.0")
    .optional(),
  status: z.string().optional(),
  meta: meta.optional(),
  service,
  paginations: z.record(variable, paginationRule).optional(),
  unified: unified.optional(),
  resources: z
    .array(z.union([handle, resource]))
    .optional()
    .describe("Handles of the files in `resources/` that belong, or whole resources; every file when absent."),
  aliases: z.array(handle).optional(),
});

export type ConnectorSource = z.infer<typeof connector>;
export type ServiceSource = z.infer<typeof service>;
export type AuthSource = z.infer<typeof auth>;
export type CredentialFieldSource = z.infer<typeof credentialField>;
