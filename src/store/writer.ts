import type { Database as Client, Statement } from "better-sqlite3";
import type { Changed, Line } from "./lines.ts";
import { isLocked } from "./trouble.ts";

/** What became of a plan's lines: what each changed, or what kept all of them from being written. */
export type Written = { changed: Changed[] } | { error: unknown };

/** Texts of rare writes differ by the columns they set; beyond this many the statements are prepared anew. */
const MAX_STATEMENTS = 500;

/** Writes plans through one connection, on whatever thread that is. */
export class Writer {
  readonly #client: Client;
  readonly #statements = new Map<string, Statement<unknown[]>>();

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Writes all plans in one transaction, so that one `fsync` makes many acts durable. When a plan fails, the group is rolled
   * back and each plan is written alone, so that a bad one fails alone. Throws when another process holds the lock.
   */
  write(group: readonly (readonly Line[])[]): Written[] {
    try {
      return this.#transaction(() => group.map((lines) => ({ changed: this.#run(lines) })));
    } catch (error) {
      if (isLocked(error)) throw error;
      return group.length === 1 ? [{ error }] : group.map((lines) => this.#writeAlone(lines));
    }
  }

  #writeAlone(lines: readonly Line[]): Written {
    try {
      return this.#transaction(() => ({ changed: this.#run(lines) }));
    } catch (error) {
      return { error };
    }
  }

  #transaction<T>(body: () => T): T {
    this.#statement("BEGIN IMMEDIATE").run();
    try {
      const value = body();
      this.#statement("COMMIT").run();
      return value;
    } catch (error) {
      // A full disk may have rolled back already.
      if (this.#client.inTransaction) this.#statement("ROLLBACK").run();
      throw error;
    }
  }

  #run(lines: readonly Line[]): Changed[] {
    const changed: Changed[] = [];
    for (let at = 0; at < lines.length; at++) {
      const { sql, params, skip } = lines[at] as Line;
      const { changes, lastInsertRowid } = this.#statement(sql).run(params as unknown[]);
      changed.push(changes > 0 && Number(lastInsertRowid));
      if (changes > 0) continue;
      for (let left = 0; left < skip; left++) changed.push(false);
      at += skip;
    }
    return changed;
  }

  #statement(text: string): Statement<unknown[]> {
    let statement = this.#statements.get(text);
    if (!statement) {
      if (this.#statements.size >= MAX_STATEMENTS) this.#statements.clear();
      statement = this.#client.prepare<unknown[]>(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }
}
