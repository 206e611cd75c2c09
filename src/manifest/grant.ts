import { isObject, type Json } from "../kernel/json.ts";
import type { Auth, Grant } from "./auth.ts";
import type { Connector } from "./connector.ts";
import { variablesIn } from "./variables.ts";

/** The addresses that a grant calls, or sends a person to: text templates. */
export function grantAddresses(grant: Grant): string[] {
  switch (grant.type) {
    case "client_credentials":
      return [grant.tokenUrl];
    case "authorization_code":
      return [grant.authorizeUrl, grant.tokenUrl, grant.refreshUrl];
    case "session":
      return [grant.path];
  }
}

/** The fields that a grant needs, and in a login also the settings that it names. */
export function grantFields(grant: Grant): string[] {
  if (grant.type !== "session") return [grant.client.id, grant.client.secret];
  return [...new Set([...variablesIn(grant.path), ...paramNames(grant.body)])];
}

/** The names of all that a credential is made of: fields, and settings of the connection. */
export function credentialNames(auth: Auth): string[] {
  if (auth.grant === null) return variablesIn(auth.value);
  return [...new Set([...grantFields(auth.grant), ...grantAddresses(auth.grant).flatMap(variablesIn)])];
}

/** The settings that decide to which host a connection's credentials go. */
export function hostSettings({ baseURL, auths }: Connector): string[] {
  const grants = Object.values(auths).flatMap(({ grant }) => (grant === null ? [] : grantAddresses(grant)));
  return [baseURL, ...grants].flatMap(variablesIn);
}

/** The `$param` names of a structured body. */
function paramNames(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(paramNames);
  if (!isObject(value)) return [];
  if (typeof value.$param === "string") return [value.$param];
  return Object.values(value as Record<string, Json>).flatMap(paramNames);
}
