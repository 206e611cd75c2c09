import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import SqliteClient from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { backupSqlite } from "../../src/store/backup.ts";
import type { Store } from "../../src/store/contract.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { aSubscription, told } from "../support/store-rows.ts";

describe("a backup", () => {
  let folder: string;
  let from: string;
  let to: string;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tidewire-backup-"));
    from = join(folder, "tidewire.db");
    to = join(folder, "copy.db");
    store = await openSqliteStore({ path: from });
    await store.subscriptions.create(aSubscription("sub_1"));
  });
  afterEach(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });

  const aWideEvent = (n: number) => {
    const one = told(n);
    return { told: [{ ...one, event: { ...one.event, data: "x".repeat(20_000) } }], deliveries: [], jobs: [] };
  };
  const files = () => readdirSync(folder).filter((name) => name.startsWith("copy"));
  /** Events and deliveries in a file: as many of one as of the other, if it is of one moment. */
  const countsIn = (file: string) => {
    const client = new SqliteClient(file, { readonly: true });
    const counts = ["events", "deliveries"].map((table) =>
      client.prepare(`SELECT count(*) FROM ${table}`).pluck().get(),
    );
    client.close();
    return counts;
  };

  it("is of one moment though the database is written to all the while, and ends", async () => {
    for (let n = 0; n < 2_000; n++) void store.commitEvents(aWideEvent(n));
    await store.settings.set("all", "written");
    let words = 0;
    let isDone = false;
    const writing = (async () => {
      for (let n = 2_000; !isDone; n++) await store.commitEvents(aWideEvent(n));
    })();
    const bytes = await backupSqlite({ from, to, force: false, onProgress: () => void words++ });
    isDone = true;
    await writing;
    expect(countsIn(to)).toEqual([2_000, 2_000]);
    expect(words).toBeGreaterThan(4);
    expect(statSync(to)).toMatchObject({ size: bytes });
    expect((await store.events.list({ limit: 1, connections: null })).items[0]?.id).not.toBe("evt_1999");
  });

  it("is one file, for its owner's eyes alone, that opens as a database", async () => {
    await store.commitEvents(aWideEvent(1));
    await backupSqlite({ from, to, force: false });
    expect(files()).toEqual(["copy.db"]);
    expect(statSync(to).mode & 0o777).toBe(0o600);
    const restored = await openSqliteStore({ path: to });
    expect(await restored.events.get("evt_1")).not.toBeNull();
    await restored.close();
  });

  it("has what a process that was killed had committed, though it is only in the log", async () => {
    await store.commitEvents(aWideEvent(1));
    expect(statSync(`${from}-wal`).size).toBeGreaterThan(0);
    await backupSqlite({ from, to, force: false });
    expect(countsIn(to)).toEqual([1, 1]);
  });

  it("replaces nothing unless told", async () => {
    writeFileSync(to, "dear");
    await expect(backupSqlite({ from, to, force: false })).rejects.toMatchObject({ code: "conflict" });
    expect(statSync(to).size).toBe(4);
    await backupSqlite({ from, to, force: true });
    expect(countsIn(to)).toEqual([0, 0]);
  });

  it("is refused onto the database itself, whatever it is called there (was destroyed, with --force)", async () => {
    await store.commitEvents(aWideEvent(1));
    symlinkSync("tidewire.db", join(folder, "link.db"));
    symlinkSync(".", join(folder, "linked"));
    linkSync(from, join(folder, "hard.db"));
    for (const way of [
      "tidewire.db",
      "link.db",
      "linked/tidewire.db",
      "hard.db",
      "tidewire.db-wal",
      "tidewire.db.lock",
    ]) {
      const refused = backupSqlite({ from, to: join(folder, way), force: true });
      await expect(refused).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("itself") });
    }
    expect(countsIn(from)).toEqual([1, 1]);
  });

  it("is refused onto a database that another server holds", async () => {
    const other = await openSqliteStore({ path: to });
    await expect(backupSqlite({ from, to, force: true })).rejects.toMatchObject({ code: "database_locked" });
    await other.close();
    await backupSqlite({ from, to, force: true });
    await (await openSqliteStore({ path: to })).close(); // the lock is given back
  });

  it("is not changed by the log of what was there before (was written over it at the next start)", async () => {
    const before = await openSqliteStore({ path: to });
    for (let n = 1; n <= 3; n++) await before.commitEvents(aWideEvent(n));
    copyFileSync(`${to}-wal`, join(folder, "log"));
    await before.close();
    rmSync(to);
    copyFileSync(join(folder, "log"), `${to}-wal`);
    await expect(backupSqlite({ from, to, force: false })).rejects.toMatchObject({ code: "conflict" });
    await backupSqlite({ from, to, force: true });
    expect(existsSync(`${to}-wal`)).toBe(false);
    expect(countsIn(to)).toEqual([0, 0]);
  });

  it("leaves nothing behind when it cannot be made, and what was there as it was", async () => {
    writeFileSync(to, "dear");
    const refused = async (request: { from: string; to: string }, code: string) =>
      expect(backupSqlite({ ...request, force: true })).rejects.toMatchObject({ code });
    await refused({ from: join(folder, "none.db"), to }, "not_found");
    await refused({ from, to: join(folder, "no", "such", "folder.db") }, "database_unwritable");
    const newer = new SqliteClient(from);
    newer.exec("INSERT INTO __drizzle_migrations (hash, created_at) VALUES ('later', 1)");
    await refused({ from, to }, "database_newer");
    newer.close();
    expect(files()).toEqual(["copy.db"]);
    expect(statSync(to).size).toBe(4);
  });

  it("is not made of a database that is damaged", async () => {
    for (let n = 0; n < 200; n++) void store.commitEvents(aWideEvent(n));
    await store.settings.set("all", "written");
    await store.close();
    const file = openSync(from, "r+");
    writeSync(file, Buffer.alloc(8_192 * 40, 0xff), 0, 8_192 * 40, 8_192 * 60);
    const refused = backupSqlite({ from, to, force: false });
    await expect(refused).rejects.toMatchObject({ code: expect.stringMatching(/^database_(damaged|unwritable)$/) });
    expect(files()).toEqual([]);
  });
});
