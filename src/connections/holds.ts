import type { Auth, Connector } from "../manifest/connector.ts";
import { credentialNames } from "../manifest/grant.ts";
import type { Connection } from "../model/connection.ts";

/** What a connection holds of credentials. */
export type Held = Pick<Connection, "credentialFields" | "sealedTokens">;

/**
 * True when a connection has what the credential of that name takes: an optional one is set, one that a person must agree to
 * has been agreed to. What is required is there, or there would be no connection.
 */
export function holdsCredential({ auths }: Connector, name: string, { credentialFields, sealedTokens }: Held): boolean {
  const auth = auths[name];
  if (auth?.grant?.type === "authorization_code") return auth.name in sealedTokens;
  if (!auth?.optional) return true;
  return hasFields(auth, (field) => credentialFields.includes(field));
}

/** True when every field that a credential is made of is given. */
export function hasFields(auth: Auth, isGiven: (field: string) => boolean): boolean {
  const fields = auth.fields.map((field) => field.name);
  return credentialNames(auth).every((name) => !fields.includes(name) || isGiven(name));
}
