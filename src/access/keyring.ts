import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config.ts";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import { makeFolder } from "../kernel/make-folder.ts";
import { newVaultKey } from "../kernel/vault.ts";
import { newApiKey } from "./new-key.ts";

/** The two keys that a server cannot start without. */
export interface Keyring {
  rootKey: string;
  vaultKey: string;
  /** Where the root key lies when it is not a setting; null when it is. */
  rootKeyFile: string | null;
  /** True when this start made the root key. */
  rootKeyIsNew: boolean;
}

/** Where the root key of a database lies, as `keyFileOf` says. */
export const rootKeyFileOf = keyFileOf(".root-key");
/** Where the vault key of a database lies, as `keyFileOf` says. */
export const vaultKeyFileOf = keyFileOf(".vault-key");

/** Beside the database; versions that followed no links put it beside the link that names it, and there it may stay. */
function keyFileOf(ending: string) {
  return (databasePath: string, namedPath: string = databasePath): string => {
    const beside = databasePath + ending;
    const besideLink = namedPath + ending;
    return !existsSync(beside) && existsSync(besideLink) ? besideLink : beside;
  };
}

/**
 * The keys of the settings, else those kept beside the database, else new ones, kept there with mode 0600. Throws
 * `vault_key_wrong` when there is a database and its vault key is lost (a new one would open nothing), and
 * `database_unwritable`. `namedPath` is a link by which the database is known, if it is.
 */
export function loadKeyring(config: Config, databasePath: string, namedPath: string = databasePath): Keyring {
  if (databasePath === ":memory:") {
    return {
      rootKey: config.TIDEWIRE_ROOT_KEY?.reveal() ?? newApiKey(),
      vaultKey: config.TIDEWIRE_VAULT_KEY?.reveal() ?? newVaultKey(),
      rootKeyFile: null,
      rootKeyIsNew: config.TIDEWIRE_ROOT_KEY === null,
    };
  }
  if (statSync(databasePath, { throwIfNoEntry: false })?.isDirectory()) {
    const message = `${databasePath} is a folder; let DATABASE_URL name a file in it: file:${databasePath}/tidewire.db`;
    throw new TidewireError("database_unwritable", message);
  }
  const rootKeyFile = rootKeyFileOf(databasePath, namedPath);
  const rootKeyIsNew = config.TIDEWIRE_ROOT_KEY === null && !existsSync(rootKeyFile);
  return {
    vaultKey:
      config.TIDEWIRE_VAULT_KEY?.reveal() ?? keptVaultKey(databasePath, vaultKeyFileOf(databasePath, namedPath)),
    rootKey: config.TIDEWIRE_ROOT_KEY?.reveal() ?? kept(rootKeyFile, newApiKey),
    rootKeyFile: config.TIDEWIRE_ROOT_KEY === null ? rootKeyFile : null,
    rootKeyIsNew,
  };
}

function keptVaultKey(databasePath: string, file: string): string {
  if (existsSync(databasePath) && !existsSync(file)) {
    throw new TidewireError(
      "vault_key_wrong",
      `${databasePath} has no vault key beside it (${file}); put it back, or set TIDEWIRE_VAULT_KEY to the key it was made with.`,
    );
  }
  return kept(file, newVaultKey);
}

function kept(file: string, make: () => string): string {
  try {
    if (existsSync(file)) return readFileSync(file, "utf8").trim();
    const made = make();
    makeFolder(dirname(file));
    writeFileSync(file, `${made}\n`, { mode: 0o600, flag: "wx" });
    return made;
  } catch (cause) {
    throw new TidewireError("database_unwritable", `${file} cannot be read or written: ${messageOf(cause)}`, { cause });
  }
}
