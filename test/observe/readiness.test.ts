import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import SqliteClient from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { judge, type Signs } from "../../src/observe/readiness.ts";
import { PAGE_SIZE } from "../../src/store/sqlite-client.ts";
import { Harness } from "../support/harness.ts";
import { settle } from "../support/manual-clock.ts";

const NOW = Date.UTC(2026, 10, 20);
const WELL: Signs = { now: NOW, database: null, startedAt: NOW - 60_000, overdueSince: null, tickedAt: NOW - 900 };

describe("the judgement of readiness", () => {
  const codes = (signs: Partial<Signs>) => judge({ ...WELL, ...signs }).map(({ code }) => code);

  it("finds nothing where all is well, also when a job waits for a moment", () => {
    expect(codes({})).toEqual([]);
    expect(codes({ overdueSince: NOW - 29_000 })).toEqual([]);
    expect(codes({ startedAt: NOW - 1_000, tickedAt: null })).toEqual([]); // nothing was to be looked for yet
  });

  it("names each thing that is wrong", () => {
    expect(codes({ startedAt: null })).toEqual(["unavailable"]);
    expect(codes({ overdueSince: NOW - 31_000 })).toEqual(["jobs_stalled"]);
    expect(codes({ tickedAt: NOW - 31_000 })).toEqual(["pollers_stalled"]);
    expect(codes({ tickedAt: null })).toEqual(["pollers_stalled"]);
    const database = { code: "database_full", detail: "full" } as const;
    expect(codes({ database, overdueSince: 0 })).toEqual(["database_full", "jobs_stalled"]);
  });
});

describe("GET /health/ready", () => {
  let tidewire: Harness;
  let other: SqliteClient.Database;
  beforeEach(async () => {
    tidewire = await Harness.start();
    other = new SqliteClient(join(tidewire.folder, "tidewire.db"), { timeout: 0 });
  });
  afterEach(async () => {
    other.close();
    await tidewire.end();
  });
  const ready = () => tidewire.api("GET", "/health/ready", undefined, { key: null });

  it("answers 200 with what there is", async () => {
    expect(await ready()).toMatchObject({
      status: 200,
      body: {
        ready: true,
        code: null,
        problems: [],
        database: "ok",
        jobs: { delivering: 0, oldest_pending_seconds: 0 },
        pollers: { active: 0, paused: 0, needs_reauth: 0 },
      },
    });
  });

  it("answers in time while another process holds the database, says so, and is well again after", async () => {
    other.exec("BEGIN IMMEDIATE");
    const asked = Promise.all([ready(), ready()]);
    for (let i = 0; i < 40 && tidewire.clock.pending < 2; i++) await settle();
    await tidewire.clock.advance(2_000);
    for (const answer of await asked) {
      expect(answer).toMatchObject({ status: 503, body: { ready: false, code: "database_busy" } });
    }
    expect((await tidewire.api("GET", "/health/live", undefined, { key: null })).status).toBe(200);
    other.exec("COMMIT");
    await tidewire.clock.advance(1_000);
    expect((await ready()).status).toBe(200);
  });

  it("answers a write with 503 and when to come back, while reads go on; no write is half done", async () => {
    other.exec("BEGIN IMMEDIATE");
    const refused = tidewire.api("POST", "/v1/keys", { name: "a", scopes: ["events"] });
    for (let i = 0; i < 40 && tidewire.clock.pending < 1; i++) await settle();
    await tidewire.clock.advance(5_100);
    const answer = await refused;
    expect(answer).toMatchObject({ status: 503, body: { code: "database_busy" } });
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    other.exec("COMMIT");
    expect((await tidewire.api("GET", "/v1/keys")).body.result).toEqual([]);
    expect((await tidewire.api("POST", "/v1/keys", { name: "a", scopes: ["events"] })).status).toBe(201);
    expect((await ready()).status).toBe(200);
  });

  it("says that the database is damaged, as reads and writes do, for as long as it runs (was ready, and reads said `internal`)", async () => {
    const root = other.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'events'").pluck().get() as number;
    await tidewire.stop();
    other.pragma("wal_checkpoint(TRUNCATE)");
    const file = openSync(join(tidewire.folder, "tidewire.db"), "r+");
    writeSync(file, Buffer.alloc(PAGE_SIZE, 0xff), 0, PAGE_SIZE, (root - 1) * PAGE_SIZE);
    closeSync(file);
    tidewire = await Harness.start({ folder: tidewire.folder, clock: tidewire.clock });
    const damaged = { status: 500, body: { code: "database_damaged" } };
    expect(await tidewire.api("GET", "/v1/events")).toMatchObject(damaged);
    expect(tidewire.logs.some((line) => line.includes("database disk image is malformed"))).toBe(true);
    await tidewire.connect();
    await tidewire.api("POST", "/v1/subscriptions", { url: "http://127.0.0.1/", events: ["messages.*"] });
    const message = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };
    const told = await tidewire.api("POST", "/v1/connectors/claude-api/operations/messages.create", message);
    expect(told).toMatchObject(damaged);
    for (const ms of [1_000, 60_000]) {
      await tidewire.clock.advance(ms);
      expect(await ready()).toMatchObject({ status: 503, body: { ready: false, code: "database_damaged" } });
    }
  });

  it("says that it stops", async () => {
    await tidewire.tidewire.stop();
    const answer = await tidewire.tidewire.app.request("/health/ready");
    expect([answer.status, await answer.json()]).toMatchObject([503, { ready: false, code: "unavailable" }]);
  });
});
