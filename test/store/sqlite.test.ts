import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import SqliteClient from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { migrateSqlite } from "../../src/store/migrate.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { openClient } from "../../src/store/sqlite-client.ts";
import { sqliteDialect } from "../../src/store/sqlite-dialect.ts";

const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite", import.meta.url));

describe("a SQLite file", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tidewire-sqlite-"));
    path = join(folder, "deep", "down", "tidewire.db");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is made with its folder, for its owner's eyes alone", async () => {
    const store = await openSqliteStore({ path });
    await store.settings.set("a", "b");
    for (const suffix of ["", "-wal", ".lock"]) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
    await store.close();
  });

  it("commits to the disk, in pages of 8 KiB", () => {
    mkdirSync(join(folder, "deep", "down"), { recursive: true });
    const client = openClient(path);
    expect(client.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(client.pragma("synchronous", { simple: true })).toBe(2); // FULL
    expect(client.pragma("page_size", { simple: true })).toBe(8192);
    client.close();
  });

  it("is refused to a second store, by name, until the first is closed", async () => {
    const first = await openSqliteStore({ path });
    const second = openSqliteStore({ path });
    await expect(second).rejects.toMatchObject({ code: "database_locked", message: expect.stringContaining(path) });
    await first.close();
    await (await openSqliteStore({ path })).close();
  });

  it("is not used when it cannot be one, and the lock is let go", async () => {
    const refused = (at: string) =>
      expect(openSqliteStore({ path: at })).rejects.toMatchObject({ code: "database_unwritable" });
    await refused(folder);
    writeFileSync(join(folder, "text.db"), "this is no database, but it is long enough to be taken for one".repeat(20));
    await refused(join(folder, "text.db"));
    await refused(join(folder, "text.db"));
    await refused(join(folder, "text.db", "below", "a.db"));
    await expect(openSqliteStore({ path: folder })).rejects.toThrow(folder);
  });

  it("takes a newer version's migrations once, and refuses to be opened by an older version after", async () => {
    const newer = join(folder, "newer");
    cpSync(MIGRATIONS, newer, { recursive: true });
    const journal = JSON.parse(readFileSync(join(newer, "meta/_journal.json"), "utf8"));
    const [last] = journal.entries.slice(-1);
    journal.entries.push({ ...last, idx: last.idx + 1, when: last.when + 1, tag: "9999_more" });
    writeFileSync(join(newer, "meta/_journal.json"), JSON.stringify(journal));
    writeFileSync(join(newer, "9999_more.sql"), "CREATE TABLE more (id INTEGER);");

    await (await openSqliteStore({ path })).close();
    for (let i = 0; i < 2; i++) await (await openSqliteStore({ path, migrationsFolder: newer })).close();
    const older = openSqliteStore({ path });
    await expect(older).rejects.toMatchObject({ code: "database_newer", message: expect.stringContaining(path) });
    const client = new SqliteClient(path, { readonly: true });
    expect(client.prepare("SELECT count(*) AS n FROM more").get()).toEqual({ n: 0 });
    client.close();
  });

  it("takes the pending deliveries of a version along whose jobs were rows of their own", async () => {
    olderDatabase(
      10,
      `
      INSERT INTO events (seq, id, type, timestamp, connector, connection_id, connection, resource, dedupe_key, data)
      VALUES (1, 'evt_1', 'files.created', 5, 'claude-api', 'con_1', 'default', 'files', 'k', '{}');
      INSERT INTO deliveries (n, id, event_id, event_type, subscription_id, owner, status, attempts, next_attempt_at, created_at, updated_at)
      VALUES (1, 'dlv_1', 'evt_1', 'files.created', 'sub_1', 'key_1', 'pending', 1, 10, 5, 5),
             (2, 'dlv_2', 'evt_1', 'files.created', 'sub_2', 'key_1', 'pending', 3, 10, 5, 5),
             (3, 'dlv_3', 'evt_1', 'files.created', 'sub_3', 'key_1', 'delivered', 1, NULL, 5, 5);
      INSERT INTO attempts (id, delivery_id, number, started_at, duration_ms, class, trigger)
      VALUES ('att_1', 'dlv_1', 1, 6, 1, 'timeout', 'schedule');
      INSERT INTO jobs (queue, group_key, key, due_at, fence, payload)
      VALUES ('deliver', 'sub_1', 'dlv_1', 70, 1, '"dlv_1"'),
             ('deliver', 'sub_2', 'dlv_2', 20, 3, '{"delivery":"dlv_2","manual":4}'),
             ('fan_out', 'con_1', 'evt_1:sub_3', 30, 0, '{}');`,
    );

    const store = await openSqliteStore({ path });
    expect(await store.jobs.groups("deliver")).toEqual([
      { group: "sub_1", dueAt: 70 },
      { group: "sub_2", dueAt: 20 },
    ]);
    expect(await store.jobs.groups("fan_out")).toEqual([{ group: "con_1", dueAt: 30 }]);
    const found = await store.deliveries.load([1, 2]);
    expect(found.get(1)).toMatchObject({ delivery: { id: "dlv_1", nextAttemptAt: 70 }, manualTry: null });
    expect(found.get(2)).toMatchObject({ delivery: { id: "dlv_2", nextAttemptAt: 20 }, manualTry: 4 });
    expect(await store.deliveries.attempts("dlv_1")).toMatchObject([{ id: "att_1", number: 1 }]);
    await store.close();
  });

  it("takes the pollers of a version along that did not say at which cadence they run, and kept a print that nobody read", async () => {
    const columns =
      "id, connection_id, connector, resource, name, state, version, generation, key_print, fingerprint_print";
    olderDatabase(
      12,
      `
      INSERT INTO pollers (${columns}, items, held, baselined_at, consecutive_failures, next_run_at, created_at)
      VALUES ('pol_1', 'con_1', 'claude-api', 'files', 'main', 'active', 7, 2, '["id"]', '[]', 3, 0, 5, 0, 9, 1),
             ('pol_2', 'con_1', 'claude-api', 'skills', 'main', 'paused', 1, 1, '["id"]', '[]', 0, 0, NULL, 2, 8, 1);`,
    );

    const store = await openSqliteStore({ path });
    const known = { version: 7, generation: 2, keyPrint: '["id"]', items: 3, baselinedAt: 5, nextRunAt: 9 };
    expect(await store.pollers.get("pol_1")).toMatchObject({ ...known, cadence: "regular" });
    expect(await store.pollers.get("pol_2")).toMatchObject({ state: "paused", cadence: "backing_off" });
    await store.close();
  });

  /** Makes the database as a version left it that had so many migrations, with some rows. */
  function olderDatabase(migrations: number, rows: string): void {
    const older = join(folder, "older");
    cpSync(MIGRATIONS, older, { recursive: true });
    const journal = JSON.parse(readFileSync(join(older, "meta/_journal.json"), "utf8"));
    journal.entries = journal.entries.slice(0, migrations);
    writeFileSync(join(older, "meta/_journal.json"), JSON.stringify(journal));
    mkdirSync(join(folder, "deep", "down"), { recursive: true });
    const client = openClient(path);
    migrateSqlite(sqliteDialect(client).db, older, path);
    client.exec(rows);
    client.close();
  }

  it("has the tables that are described: no migration is missing", () => {
    const copy = join(folder, "drizzle");
    cpSync(MIGRATIONS, copy, { recursive: true });
    const options = ["--dialect=sqlite", "--schema=src/store/sqlite-schema.ts", "--casing=snake_case"];
    const kit = fileURLToPath(new URL("../../node_modules/drizzle-kit/bin.cjs", import.meta.url));
    const out = execFileSync(process.execPath, [kit, "generate", ...options, `--out=${relative(".", copy)}`]);
    expect(out.toString()).toContain("No schema changes");
  });
});
