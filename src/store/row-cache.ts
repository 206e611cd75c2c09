/**
 * The rows of a table that is small and read all the time, in memory and changed only by what was committed: on SQLite no
 * other process can change them. Rows are replaced, never changed, so a reader may keep what it got and compare by identity.
 */
export class RowCache<T extends { id: string }> {
  readonly #byId = new Map<string, T>();
  #all: readonly T[] | null = null;

  constructor(rows: Iterable<T>) {
    for (const row of rows) this.set(row);
  }

  /** Good as long as nothing changes. */
  all(): readonly T[] {
    this.#all ??= [...this.#byId.values()];
    return this.#all;
  }

  get(id: string): T | null {
    return this.#byId.get(id) ?? null;
  }

  find(matches: (row: T) => boolean): T | null {
    for (const row of this.#byId.values()) if (matches(row)) return row;
    return null;
  }

  set(row: T): void {
    this.#all = null;
    this.#byId.set(row.id, Object.freeze(row));
  }

  /** Members that are undefined change nothing, as in the database. */
  patch(id: string, patch: Partial<T>): void {
    const old = this.#byId.get(id);
    if (!old) return;
    const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
    this.set({ ...old, ...given });
  }

  delete(id: string): void {
    this.#all = null;
    this.#byId.delete(id);
  }
}
