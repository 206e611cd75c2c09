import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import type { Store } from "../../src/store/contract.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";

/** A place for a store. Stores that were opened are closed after each test. */
export interface Backend {
  name: string;
  /** Opens the store of this test; again gives the same data, where `isDurable`. */
  open(): Promise<Store>;
  isDurable: boolean;
}

/** Every backend the contract suites run on. */
export function backends(): Backend[] {
  const opened: Store[] = [];
  let folder: string | null = null;
  const keep = (store: Store) => {
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    if (folder) rmSync(folder, { recursive: true });
    folder = null;
  });
  return [
    { name: "SQLite in memory", isDurable: false, open: async () => keep(await openSqliteStore({ path: ":memory:" })) },
    {
      name: "SQLite in a file",
      isDurable: true,
      async open() {
        folder ??= mkdtempSync(join(tmpdir(), "tidewire-store-"));
        return keep(await openSqliteStore({ path: join(folder, "data", "tidewire.db") }));
      },
    },
  ];
}
