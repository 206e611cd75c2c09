import { ACCESS_TOKEN, type Auth, type CredentialField } from "../auth.ts";
import { grantFields } from "../grant.ts";
import type { HeadersSource } from "../schema/parts.ts";
import type { AuthSource, CredentialFieldSource, ServiceSource } from "../schema/service.ts";
import { variablesIn } from "../variables.ts";
import { normaliseGrant } from "./grant.ts";

/** The default credential and the further ones, by name. */
export function normaliseAuths(service: ServiceSource): Record<string, Auth> {
  const named = Object.entries({ ...(service.auth ? { default: service.auth } : {}), ...service.auths });
  return Object.fromEntries(named.map(([name, auth]) => [name, normaliseAuth(name, auth)]));
}

/** The service's headers less those that only repeat the credential, as the seed form does. */
export function withoutCredential(service: ServiceSource, auths: Record<string, Auth>): HeadersSource {
  return Object.fromEntries(Object.entries(service.headers ?? {}).filter(([name]) => !repeatsCredential(name, auths)));
}

/** True when a header of this name is what a credential sets. */
export function repeatsCredential(header: string, auths: Record<string, Auth>): boolean {
  return Object.values(auths).some((auth) => auth.in === "header" && auth.parameter === header.toLowerCase());
}

function normaliseAuth(name: string, auth: AuthSource): Auth {
  const optional = auth.optional ?? false;
  const grant = normaliseGrant(auth);
  const placed = place(auth);
  const parameter = placed.in === "header" ? placed.parameter.toLowerCase() : placed.parameter;
  const names = grant === null ? variablesIn(placed.value) : grantFields(grant);
  const probe = auth.probe ?? null;
  return {
    name,
    method: auth.method,
    optional,
    fields: fields(auth, names, optional),
    ...placed,
    parameter,
    probe,
    grant,
  };
}

/** Where the credential goes, and a template of its value. */
function place(auth: AuthSource): Pick<Auth, "in" | "parameter" | "value"> {
  const first = `{{${auth.fields?.[0]?.name ?? "token"}}}`;
  switch (auth.method) {
    case "api_token": {
      const seed = auth.params?.apiToken;
      return {
        in: auth.in ?? "header",
        parameter: auth.name ?? seed?.headerName.value ?? "authorization",
        value: auth.value ?? seed?.token.value ?? `${auth.prefix ?? ""}${first}`,
      };
    }
    case "basic": {
      const { username, password } = loginFields(auth);
      const value = `{{${username}}}:${password === undefined ? "" : `{{${password}}}`}`;
      return { in: "header", parameter: "authorization", value };
    }
    case "bearer":
      return { in: "header", parameter: "authorization", value: auth.value ?? `Bearer ${first}` };
    default: {
      const prefix = auth.prefix ?? (auth.name === undefined ? "Bearer " : "");
      return {
        in: auth.in ?? "header",
        parameter: auth.name ?? "authorization",
        value: `${prefix}{{${ACCESS_TOKEN}}}`,
      };
    }
  }
}

/** The fields of user name and password: those that are said, those so named, else the first two. */
function loginFields({ fields, username, password }: Extract<AuthSource, { method: "basic" }>) {
  if (username !== undefined) return { username, password };
  const names = fields?.map(({ name }) => name) ?? ["username", "password"];
  const pass = password ?? names.find((name) => name === "password");
  const user = names.find((name) => name === "username") ?? names.find((name) => name !== pass) ?? "username";
  return { username: user, password: pass ?? names.find((name) => name !== user) };
}

/** Declared ones, else one for each name that is used. Those of an optional credential are never required. */
function fields(auth: AuthSource, used: string[], optional: boolean): CredentialField[] {
  const declared: CredentialFieldSource[] = auth.fields ?? used.map((name) => ({ name }));
  return declared.map(({ name, secret, required, description, env }) => ({
    name,
    secret: secret ?? true,
    required: !optional && (required ?? true),
    description: description ?? "",
    ...(env === undefined ? {} : { env }),
  }));
}
