import type { Auth, CredentialField } from "../connector.ts";
import type { HeadersSource } from "../schema/parts.ts";
import type { AuthSource, CredentialFieldSource, ServiceSource } from "../schema/service.ts";
import { variablesIn } from "../variables.ts";

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
  const placed = place(auth);
  const optional = auth.optional ?? false;
  const parameter = placed.in === "header" ? placed.parameter.toLowerCase() : placed.parameter;
  return { name, method: auth.method, optional, fields: fields(auth, placed.value, optional), ...placed, parameter };
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
    case "session_token":
      return {
        in: auth.in ?? "header",
        parameter: auth.name ?? "authorization",
        value: `${auth.prefix ?? ""}${first}`,
      };
    case "basic":
      return { in: "header", parameter: "authorization", value: `{{${auth.username}}}:{{${auth.password}}}` };
    case "bearer":
      return { in: "header", parameter: "authorization", value: auth.value ?? `Bearer ${first}` };
    default:
      return { in: "header", parameter: "authorization", value: `Bearer ${first}` };
  }
}

/** Declared ones, else one for each placeholder of the value. Those of an optional credential are never required. */
function fields(auth: AuthSource, value: string, optional: boolean): CredentialField[] {
  const declared: CredentialFieldSource[] = auth.fields ?? variablesIn(value).map((name) => ({ name }));
  return declared.map(({ name, secret, required, description, env }) => ({
    name,
    secret: secret ?? true,
    required: !optional && (required ?? true),
    description: description ?? "",
    ...(env === undefined ? {} : { env }),
  }));
}
