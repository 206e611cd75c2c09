import { Secret } from "../kernel/secret.ts";
import type { Vault } from "../kernel/vault.ts";
import type { Connection } from "../model/connection.ts";

/** Opened credentials by connection id, each good for as long as its seal is the same. */
type Opened = Map<string, { sealed: string; credentials: Record<string, Secret> }>;

const openedBy = new WeakMap<Vault, Opened>();

/** The columns that hold a connection's credentials: sealed for its id alone, with the names of what is set. */
export function sealCredentials(
  vault: Vault,
  connectionId: string,
  values: Record<string, string>,
): Pick<Connection, "sealedCredentials" | "credentialFields"> {
  return {
    sealedCredentials: vault.seal(JSON.stringify(values), connectionId),
    credentialFields: Object.keys(values).sort(),
  };
}

/** The credentials of a connection. Opened once for each version of it. Throws `vault_key_wrong`. */
export function openCredentials(
  vault: Vault,
  { id, sealedCredentials }: Pick<Connection, "id" | "sealedCredentials">,
): Record<string, Secret> {
  const opened = openedBy.get(vault) ?? new Map();
  openedBy.set(vault, opened);
  const known = opened.get(id);
  if (known?.sealed === sealedCredentials) return known.credentials;
  const values = JSON.parse(vault.open(sealedCredentials, id)) as Record<string, string>;
  const credentials = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, new Secret(value)]));
  opened.set(id, { sealed: sealedCredentials, credentials });
  return credentials;
}

/** The credentials as text, to be sealed again with changes. */
export function revealCredentials(credentials: Record<string, Secret>): Record<string, string> {
  return Object.fromEntries(Object.entries(credentials).map(([name, secret]) => [name, secret.reveal()]));
}
