import { chmodSync, copyFileSync, existsSync, renameSync } from "node:fs";
import { resolve } from "node:path";
import { rootKeyFileOf, vaultKeyFileOf } from "./access/keyring.ts";
import type { Config } from "./config.ts";
import { TidewireError } from "./kernel/errors.ts";
import { realPath } from "./kernel/real-path.ts";
import { databasePath, namedDatabasePath } from "./paths.ts";
import { backupSqlite } from "./store/backup.ts";
import type { Backup, BackupWish } from "./surfaces/cli/product.ts";

/** Copies the database of these settings, and the keys beside it when that is wanted. Throws as `backupSqlite` does. */
export async function takeBackup(config: Config, wanted: BackupWish): Promise<Backup> {
  const { force, withKeys, onProgress } = wanted;
  const from = databasePath(config);
  const to = realPath(resolve(wanted.file));
  if (from === ":memory:") throw new TidewireError("unsupported", "A database in memory has no backup.");
  const copies = [vaultKeyFileOf, rootKeyFileOf]
    .map((fileOf) => ({ file: fileOf(from, namedDatabasePath(config)), copy: withKeys ? fileOf(to) : null }))
    .filter(({ file }) => existsSync(file));
  const taken = copies.find(({ copy }) => !force && copy !== null && existsSync(copy));
  if (taken) throw new TidewireError("conflict", `${taken.copy} is there already; replace it with --force.`);
  const bytes = await backupSqlite({ from, to, force, onProgress });
  for (const { file, copy } of copies) if (copy !== null) copyKey(file, copy);
  return { file: to, bytes, keys: copies };
}

function copyKey(file: string, copy: string): void {
  const unfinished = `${copy}.${process.pid}.unfinished`;
  copyFileSync(file, unfinished); // it is for its owner's eyes alone, and so is its copy
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, copy);
}
