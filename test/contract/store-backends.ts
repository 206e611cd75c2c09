import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { afterEach } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
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
  const { keep, path } = aPlace();
  return [
    { name: "SQLite in memory", isDurable: false, open: async () => keep(await openSqliteStore({ path: ":memory:" })) },
    { name: "SQLite in a file", isDurable: true, open: async () => keep(await openSqliteStore({ path: path() })) },
  ];
}

/** SQLite in a file to which a thread writes: by the clock of its store it is busy at once. */
export function threadBackend(): Backend {
  const { keep, path } = aPlace();
  let at = 0;
  const clock = { ...systemClock, now: () => (at += 250) };
  return {
    name: "SQLite in a file, written to by a thread",
    isDurable: true,
    async open() {
      const started = new Promise<Worker>((resolve) => process.once("worker", resolve));
      const store = keep(await openSqliteStore({ path: path(), clock }));
      await store.settings.set("busy", "yes");
      const thread = await started;
      await new Promise((resolve) => thread.once("message", () => setImmediate(resolve)));
      return store;
    },
  };
}

/** A folder for each test, and the stores that were opened in it. */
function aPlace(): { keep: (store: Store) => Store; path: () => string } {
  const opened: Store[] = [];
  let folder: string | null = null;
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
    if (folder) rmSync(folder, { recursive: true });
    folder = null;
  });
  return {
    keep(store) {
      opened.push(store);
      return store;
    },
    path() {
      folder ??= mkdtempSync(join(tmpdir(), "tidewire-store-"));
      return join(folder, "data", "tidewire.db");
    },
  };
}
