import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import SqliteClient from "better-sqlite3";
import { messageOf, TidewireError } from "../kernel/errors.ts";
import { drizzle } from "./drizzle.ts";
import { lockFile } from "./lock.ts";
import { checkMigrations, MIGRATIONS } from "./migrate.ts";

export interface BackupRequest {
  /** The database's file, which a server may hold and write to. */
  from: string;
  /** Where the copy goes, no link; its folder must be there. */
  to: string;
  /** Replaces what lies at `to`. */
  force: boolean;
  /** Told now and then, in pages. */
  onProgress?: (done: number, total: number) => void;
}

/** What SQLite keeps beside a database. */
const SIDE_FILES = ["-journal", "-wal", "-shm"];
/** Pages copied between two words of progress: 8 MiB. */
const PAGES_AT_ONCE = 1_024;

/**
 * Copies a database while it is in use, as it was at one moment, and checks the copy; gives its size in bytes. `to` is there
 * whole or not at all, for its owner's eyes alone. Throws `not_found`, `conflict` when `to` is taken or the database itself,
 * `database_locked` when a server runs on it, `database_newer`, `database_damaged` and `database_unwritable`.
 */
export async function backupSqlite({ from, to, force, onProgress }: BackupRequest): Promise<number> {
  mustBeFree({ from, to, force });
  const unfinished = `${to}.${process.pid}.unfinished`;
  let unlock = () => {};
  try {
    if (existsSync(`${to}.lock`)) unlock = lockFile(to); // there was a server on what is there, or there is
    closeSync(openSync(unfinished, "wx", 0o600));
    await copy(from, unfinished, onProgress);
    check(unfinished);
    sync(unfinished);
    for (const side of SIDE_FILES) rmSync(to + side, { force: true }); // SQLite would write an old log over the copy
    renameSync(unfinished, to);
    sync(dirname(to));
    return statSync(to).size;
  } catch (cause) {
    if (cause instanceof TidewireError) throw cause;
    throw new TidewireError("database_unwritable", `No backup could be made at ${to}: ${messageOf(cause)}`, { cause });
  } finally {
    for (const side of ["", ...SIDE_FILES]) rmSync(unfinished + side, { force: true });
    unlock();
  }
}

function mustBeFree({ from, to, force }: BackupRequest): void {
  if (!existsSync(from)) throw new TidewireError("not_found", `There is no database at ${from}; see DATABASE_URL.`);
  if (["", ".lock", ...SIDE_FILES].some((side) => isSameFile(from + side, to))) {
    throw new TidewireError("conflict", `${to} is the database itself, or a part of it; choose another name.`);
  }
  const taken = ["", ...SIDE_FILES].map((side) => to + side).find((file) => existsSync(file));
  if (taken === undefined || force) return;
  throw new TidewireError("conflict", `${taken} is there already; choose another name, or replace it with --force.`);
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((file) => statSync(file, { throwIfNoEntry: false }));
  return a !== undefined && a.dev === b?.dev && a.ino === b.ino;
}

async function copy(from: string, to: string, onProgress: BackupRequest["onProgress"]): Promise<void> {
  const source = new SqliteClient(from, { readonly: true });
  try {
    // Held open, the transaction keeps the copy to one moment; without it SQLite begins anew after each write of the server.
    source.exec("BEGIN; SELECT count(*) FROM sqlite_schema");
    const { totalPages } = await source.backup(to, {
      progress({ totalPages, remainingPages }) {
        onProgress?.(totalPages - remainingPages, totalPages);
        return PAGES_AT_ONCE;
      },
    });
    onProgress?.(totalPages, totalPages);
  } finally {
    source.close();
  }
}

/** That the copy is sound, and one that this version can start from. It is left as a single file. */
function check(path: string): void {
  const copied = new SqliteClient(path);
  try {
    copied.pragma("journal_mode = DELETE");
    const said = copied.pragma("integrity_check", { simple: true });
    if (said !== "ok") {
      throw new TidewireError(
        "database_damaged",
        `The database is damaged, and so would its backup be: ${String(said)}`,
      );
    }
    checkMigrations(drizzle({ client: copied }), MIGRATIONS, path);
  } finally {
    copied.close();
  }
}

function sync(path: string): void {
  const file = openSync(path, "r");
  fsyncSync(file);
  closeSync(file);
}
