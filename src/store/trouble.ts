import SqliteClient from "better-sqlite3";
import { type ErrorCode, messageOf, TidewireError } from "../kernel/errors.ts";

/** When a caller may try a write again that the database could not take. */
const RETRY_MS = 5_000;

/** What keeps a database from taking a write: with room, or once the other process is done, the same write succeeds. */
const PASSING: readonly ErrorCode[] = ["database_full", "database_busy", "database_unwritable"];

const FULL =
  "The disk of the database is full: nothing of this was stored. Make room; a server that runs goes on by itself.";
const BUSY = "Another process writes to the database: nothing of this was stored. Try again in a moment.";
const DAMAGED = "The database file is damaged: nothing of this was stored. Stop Tidewire and start from a backup.";

/** What SQLite throws, by what it means to a caller (sqlite.org/rescode.html); extended codes begin with the plain ones. */
const MEANINGS: readonly [begin: RegExp, code: ErrorCode, words: (why: string) => string][] = [
  [/^SQLITE_FULL/, "database_full", () => FULL],
  [/^SQLITE_(BUSY|LOCKED|PROTOCOL)/, "database_busy", () => BUSY],
  [/^SQLITE_(CORRUPT|NOTADB)/, "database_damaged", () => DAMAGED],
  [
    /^SQLITE_(IOERR|READONLY|CANTOPEN|PERM|NOLFS)/,
    "database_unwritable",
    (why) =>
      `The database could not be used (${why}): nothing of this was stored. A server that runs tries on by itself.`,
  ],
];

/** A failure as what it means, where the database itself is the reason; any other as it is. */
export function asTrouble(thrown: unknown): unknown {
  if (!(thrown instanceof SqliteClient.SqliteError)) return thrown;
  const [, code, words] = MEANINGS.find(([begin]) => begin.test(thrown.code)) ?? [];
  if (code === undefined || words === undefined) return thrown;
  return new TidewireError(code, words(messageOf(thrown)), { retryAfterMs: RETRY_MS, cause: thrown });
}

/** Why the database at `path` could not be opened, or brought up to date. */
export function notOpened(path: string, cause: unknown): TidewireError {
  const trouble = asTrouble(cause);
  const passes = isPassing(trouble) && trouble.code !== "database_unwritable";
  const remedy = passes
    ? "Start again once that has passed."
    : "Check that DATABASE_URL names a SQLite file that this user may write.";
  const message = `The database ${path} cannot be used: ${messageOf(cause)}. ${remedy}`;
  return new TidewireError(passes ? trouble.code : "database_unwritable", message, { cause });
}

/** True for what passes by itself, so that what could not be written is worth keeping. */
export function isPassing(thrown: unknown): thrown is TidewireError {
  return thrown instanceof TidewireError && PASSING.includes(thrown.code);
}

/** True for what no waiting mends. */
export function isDamage(thrown: unknown): thrown is TidewireError {
  return thrown instanceof TidewireError && thrown.code === "database_damaged";
}

/** True when another process holds the lock that a write needs. */
export function isLocked(thrown: unknown): boolean {
  return thrown instanceof SqliteClient.SqliteError && thrown.code.startsWith("SQLITE_BUSY");
}
