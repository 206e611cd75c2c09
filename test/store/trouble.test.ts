import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SqliteClient, { type Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLog } from "../../src/kernel/log.ts";
import type { Store } from "../../src/store/contract.ts";
import { drizzle } from "../../src/store/drizzle.ts";
import { migrateSqlite } from "../../src/store/migrate.ts";
import { patient } from "../../src/store/patient.ts";
import { openClient } from "../../src/store/sqlite-client.ts";
import { sqliteDialect } from "../../src/store/sqlite-dialect.ts";
import { createStore } from "../../src/store/store.ts";
import { asTrouble, notOpened } from "../../src/store/trouble.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { anAttempt, aSubscription, delivered, told } from "../support/store-rows.ts";

const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite", import.meta.url));

describe("a database in trouble", () => {
  let folder: string;
  let client: Database;
  let other: Database;
  let clock: ManualClock;
  let store: Store;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tidewire-trouble-"));
    const path = join(folder, "tidewire.db");
    clock = new ManualClock();
    client = openClient(path);
    migrateSqlite(drizzle({ client }), MIGRATIONS, path);
    store = await createStore(sqliteDialect(client, () => {}, clock));
    await store.subscriptions.create(aSubscription("sub_1"));
    other = new SqliteClient(path, { timeout: 0 });
  });
  afterEach(async () => {
    other.close();
    await store.close();
    rmSync(folder, { recursive: true });
  });

  /** No page can be added any more, as on a full disk. */
  const fill = () => client.pragma(`max_page_count = ${String(client.pragma("page_count", { simple: true }))}`);
  const makeRoom = () => client.pragma("max_page_count = 1000000");
  const aLargeEvent = (n: number) => {
    const one = told(n);
    return { told: [{ ...one, event: { ...one.event, data: "x".repeat(100_000) } }], deliveries: [], jobs: [] };
  };

  it("says that its disk is full, stores nothing of the write, and goes on when there is room", async () => {
    fill();
    const refused = await store.commitEvents(aLargeEvent(1)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "database_full", status: 503, retryAfterMs: 5_000 });
    expect(await store.events.get("evt_1")).toBeNull();
    expect(await store.jobs.groups("deliver")).toEqual([]);
    makeRoom();
    expect(await store.commitEvents(aLargeEvent(1))).toBe("committed");
  });

  it("lets small writes of the same moment through when a large one has no room", async () => {
    fill();
    const both = await Promise.allSettled([store.commitEvents(aLargeEvent(1)), store.settings.set("small", "1")]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await store.settings.get("small")).toBe("1");
  });

  it("waits for another process's lock without holding up anything else", async () => {
    other.exec("BEGIN IMMEDIATE");
    let isWritten = false;
    const written = store.settings.set("a", "1").then(() => (isWritten = true));
    await clock.advance(3_000);
    const later = store.settings.set("b", "2");
    expect(await store.settings.get("a")).toBeNull(); // reads go on meanwhile
    await clock.advance(1_000);
    expect(isWritten).toBe(false);
    other.exec("COMMIT");
    await clock.advance(20);
    await Promise.all([written, later]);
    expect(await store.settings.get("b")).toBe("2");
  });

  it("gives up on a lock that is held for five seconds, at once while it stays, and starts anew after", async () => {
    other.exec("BEGIN IMMEDIATE");
    const refused = store.settings.set("a", "1").catch((error: unknown) => error);
    await clock.advance(5_100);
    expect(await refused).toMatchObject({ code: "database_busy", status: 503 });
    await expect(store.settings.set("b", "1")).rejects.toMatchObject({ code: "database_busy" });
    other.exec("COMMIT");
    await store.settings.set("c", "1");
    other.exec("BEGIN IMMEDIATE");
    const waiting = store.settings.set("d", "1");
    await clock.advance(4_000);
    other.exec("COMMIT");
    await clock.advance(20);
    await waiting;
  });

  it("is over for a probe as soon as a lock that was held too long comes free", async () => {
    other.exec("BEGIN IMMEDIATE");
    const refused = store.settings.set("a", "1").catch((error: unknown) => error);
    await clock.advance(5_100);
    await refused;
    await expect(store.vitals.probe()).rejects.toMatchObject({ code: "database_busy" });
    other.exec("ROLLBACK");
    await store.vitals.probe(); // threw for ten seconds more, though writes succeeded
  });

  it("is told to probes for ten seconds when the disk was full, and no longer than that when the clock is put back", async () => {
    const wasFull = async () => {
      fill();
      await store.commitEvents(aLargeEvent(1)).catch(() => {});
      makeRoom();
    };
    await wasFull();
    await clock.advance(9_999);
    await expect(store.vitals.probe()).rejects.toMatchObject({ code: "database_full" });
    await clock.advance(1);
    await store.vitals.probe();
    await wasFull();
    clock.jump(-3_600_000);
    await store.vitals.probe(); // threw for an hour
  });

  it("holds the outcome of a try until it can be written, and says so once", async () => {
    const lines: string[] = [];
    const held = patient(store, { clock, log: createLog("info", { write: (line: string) => void lines.push(line) }) });
    await store.commitEvents({ told: [told(1), told(2)], deliveries: [], jobs: [] });
    const [first, second] = await store.jobs.due("deliver", "sub_1", clock.now(), 2);
    fill();
    const outcome = (n: number) => ({
      next: null,
      attempt: anAttempt(`att_${n}`, `dlv_${n}`, { responseBody: "x".repeat(16_000) }),
      delivery: delivered(`dlv_${n}`),
      told: [],
    });
    const written = [
      held.commitAttempt({ lease: first!, ...outcome(1) }),
      held.commitAttempt({ lease: second!, ...outcome(2) }),
    ];
    await clock.advance(60_000);
    expect(lines).toHaveLength(1);
    expect(await store.deliveries.get("dlv_1")).toMatchObject({ status: "pending" });
    makeRoom();
    await clock.advance(500);
    expect(await Promise.all(written)).toEqual(["committed", "committed"]);
    expect(await store.deliveries.get("dlv_2")).toMatchObject({ status: "delivered" });
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      "outcomes are held until they can be written",
      "no outcome is held any more",
    ]);
  });

  it.each([
    ["SQLITE_FULL", "database_full"],
    ["SQLITE_BUSY_SNAPSHOT", "database_busy"],
    ["SQLITE_IOERR_WRITE", "database_unwritable"],
    ["SQLITE_READONLY_DBMOVED", "database_unwritable"],
    ["SQLITE_CANTOPEN", "database_unwritable"],
    ["SQLITE_CORRUPT_INDEX", "database_damaged"],
  ])("tells %s as %s", (sqlite, code) => {
    expect(asTrouble(new SqliteClient.SqliteError("why", sqlite))).toMatchObject({ code });
  });

  it.each([
    ["SQLITE_FULL", "database_full", "Start again"],
    ["SQLITE_BUSY", "database_busy", "Start again"],
    ["SQLITE_CANTOPEN", "database_unwritable", "Check that DATABASE_URL"],
    ["SQLITE_NOTADB", "database_unwritable", "Check that DATABASE_URL"],
  ])("ends a start for %s with %s (a full disk was told as a file that may not be written)", (sqlite, code, remedy) => {
    const error = notOpened("/data/x.db", new SqliteClient.SqliteError("why", sqlite));
    expect(error).toMatchObject({
      code,
      message: expect.stringMatching(`/data/x\\.db cannot be used: why. ${remedy}`),
    });
  });

  it("leaves mistakes of ours as they are", () => {
    const mistake = new SqliteClient.SqliteError("why", "SQLITE_CONSTRAINT_NOTNULL");
    expect(asTrouble(mistake)).toBe(mistake);
  });
});
