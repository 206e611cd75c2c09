import SqliteClient from "better-sqlite3";
import { TidewireError } from "../kernel/errors.ts";
import { isLocked } from "./trouble.ts";

/**
 * Takes the database for this process alone; the returned function gives it back. The lock is an exclusive transaction on
 * the side file `<path>.lock`, so the system drops it when its holder dies, however it dies.
 * Throws `database_locked` when another process (or this one) holds it.
 */
export function lockFile(path: string): () => void {
  const client = new SqliteClient(`${path}.lock`, { timeout: 0 });
  try {
    client.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    client.close();
    if (!isLocked(cause)) throw cause;
    throw new TidewireError(
      "database_locked",
      `Another Tidewire process holds the database ${path}; stop it, or name another file (DATABASE_URL).`,
      { cause },
    );
  }
  return () => client.close();
}
