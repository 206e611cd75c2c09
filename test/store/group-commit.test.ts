import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it, test, vi } from "vitest";
import { systemClock } from "../../src/kernel/clock.ts";
import type { Plan, Step } from "../../src/store/dialect.ts";
import { GroupCommit } from "../../src/store/group-commit.ts";
import { RemoteWriter } from "../../src/store/remote-writer.ts";
import { openClient } from "../../src/store/sqlite-client.ts";

/** A clock by which the first write takes so long that a thread must take all over, in a second that never ends. */
function hurried() {
  let at = 0;
  return { ...systemClock, now: () => (at = Math.min(at + 250, 750)) };
}

describe.each(["here", "on a thread"])("group commit, written %s", (where) => {
  let folder: string;
  let client: Database;
  let commits: GroupCommit;
  let statements: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tidewire-commit-"));
    const path = join(folder, "a.db");
    statements = [];
    client = openClient(path, { verbose: (sql) => void statements.push(String(sql)) });
    client.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)");
    if (where === "here") commits = new GroupCommit(client);
    else commits = new GroupCommit(client, hurried(), () => RemoteWriter.start(path));
    if (where === "on a thread") await vi.waitFor(untilHandedOver, { timeout: 5_000 });
  });
  afterEach(async () => {
    await commits.close();
    client.close();
    rmSync(folder, { recursive: true });
  });

  async function untilHandedOver(): Promise<void> {
    statements = [];
    await commits.add({ steps: [{ sql: "DELETE FROM t", params: [] }] });
    expect(statements).toEqual([]); // this connection wrote nothing
  }

  const insert = (id: number, v: string | null = "x", committed?: () => void): Step => ({
    sql: "INSERT INTO t VALUES (?, ?) ON CONFLICT (id) DO NOTHING",
    params: [id, v],
    committed,
  });
  const rows = () => client.prepare("SELECT id FROM t ORDER BY id").pluck().all();
  const count = (text: string) => statements.filter((sql) => sql === text).length;

  it("writes all plans of one tick in one transaction", async () => {
    const plans = Array.from({ length: 64 }, (_, i): Plan => ({ steps: [insert(i), insert(100 + i)] }));
    const outcomes = await Promise.all(plans.map((plan) => commits.add(plan)));
    expect(new Set(outcomes.map((outcome) => outcome.result))).toEqual(new Set(["committed"]));
    expect(rows()).toHaveLength(128);
    expect([count("BEGIN IMMEDIATE"), count("COMMIT")]).toEqual(where === "here" ? [1, 1] : [0, 0]);
    await commits.add({ steps: [insert(500)] });
    expect(count("COMMIT")).toBe(where === "here" ? 2 : 0);
  });

  it("writes what comes while a group is written as the next one, and tells nobody of it before", async () => {
    const order: number[] = [];
    const written = [];
    for (let id = 0; id < 20; id++) {
      written.push(commits.add({ steps: [insert(id, "x", () => order.push(id))] }));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(written);
    expect(order).toEqual(Array.from({ length: 20 }, (_, id) => id));
    expect(rows()).toHaveLength(20);
  });

  it("resolves after the commit, and tells what each step asked for before that, in order", async () => {
    const told: string[] = [];
    const note = (name: string) => () => told.push(`${name} ${client.inTransaction}`);
    const first = commits.add({ steps: [insert(1, "x", note("one")), insert(1, "x", note("nothing changed"))] });
    const second = commits.add({ guard: insert(2, "x", note("two")), steps: [] });
    await Promise.all([first.then(() => told.push("first resolved")), second.then(() => told.push("second resolved"))]);
    expect(told).toEqual(["one false", "two false", "first resolved", "second resolved"]);
  });

  it("skips a plan whose guard changes nothing, and plans within it, and counts the rest", async () => {
    await commits.add({ steps: [insert(1)] });
    expect(await commits.add({ guard: insert(1), steps: [insert(2), { steps: [insert(3)] }] })).toEqual({
      result: "stale",
      applied: 0,
    });
    const nested = {
      guard: insert(4),
      steps: [insert(5), { guard: insert(1), steps: [insert(6)] }, { steps: [insert(7)] }],
    };
    expect(await commits.add(nested)).toEqual({ result: "committed", applied: 2 });
    expect(rows()).toEqual([1, 4, 5, 7]);
  });

  it("lets a bad plan fail alone, with its own error, and tells nothing of it", async () => {
    const told: string[] = [];
    const bad: Plan = { steps: [insert(2, "x", () => told.push("bad")), insert(3, null)] };
    const good = (id: number): Plan => ({ steps: [insert(id, "x", () => told.push(`good ${id}`))] });
    const outcomes = await Promise.allSettled([good(1), bad, good(4)].map((plan) => commits.add(plan)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(outcomes[1]).toMatchObject({ reason: { message: expect.stringContaining("NOT NULL") } });
    expect(rows()).toEqual([1, 4]);
    expect(told).toEqual(["good 1", "good 4"]);
    expect(client.inTransaction).toBe(false);
  });

  it("takes any number of different statements", async () => {
    const steps = Array.from({ length: 1_200 }, (_, i) => ({ sql: `INSERT INTO t VALUES (?, 'v${i}')`, params: [i] }));
    await commits.add({ steps });
    await commits.add({ steps: steps.map((step, i) => ({ ...step, params: [2_000 + i] })) });
    expect(rows()).toHaveLength(2_400);
  });

  it("tells an insert's number, and what is of no kind that a database takes fails alone", async () => {
    const numbers: number[] = [];
    const numbered = { ...insert(7), committed: (row: number) => void numbers.push(row) };
    const poison: Plan = { steps: [{ sql: "INSERT INTO t VALUES (?, ?)", params: [8, Symbol("nothing")] }] };
    const outcomes = await Promise.allSettled([{ steps: [numbered] }, poison].map((plan) => commits.add(plan)));
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected"]);
    expect(numbers).toEqual([7]);
    expect(rows()).toEqual([7]);
  });

  it("writes what waits when it is closed, and takes nothing more", async () => {
    const waiting = commits.add({ steps: [insert(1)] });
    await commits.close();
    expect(rows()).toEqual([1]);
    expect(await waiting).toMatchObject({ result: "committed" });
    await expect(commits.add({ steps: [insert(2)] })).rejects.toMatchObject({ code: "unavailable" });
  });

  it("keeps what waits for another process's lock, in order, and writes it once it is free", async () => {
    const other = openClient(client.name);
    other.exec("BEGIN IMMEDIATE");
    const order: number[] = [];
    const written = [1, 2].map((id) => commits.add({ steps: [insert(id)] }).then(() => order.push(id)));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rows()).toEqual([]);
    other.exec("COMMIT");
    other.close();
    await Promise.all(written);
    expect(order).toEqual([1, 2]);
  });
});

test("a few lines are written here though there is a thread, as long as that takes no more than a fifth of a second", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-commit-"));
  const statements: string[] = [];
  const client = openClient(join(folder, "a.db"), { verbose: (sql) => void statements.push(String(sql)) });
  client.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  let now = 0;
  let writeTakes = 250;
  /** Time goes by as statements are run. */
  const clock = { ...systemClock, now: () => now + writeTakes * statements.filter((sql) => sql === "COMMIT").length };
  const started = new Promise<Worker>((resolve) => process.once("worker", resolve));
  const commits = new GroupCommit(client, clock, () => RemoteWriter.start(client.name));
  let id = 0;
  const write = async (lines: number) => {
    const before = statements.length;
    const steps = Array.from({ length: lines }, () => ({ sql: "INSERT INTO t VALUES (?)", params: [id++] }));
    await commits.add({ steps });
    return statements.length > before ? "here" : "there";
  };
  expect(await write(1)).toBe("here");
  const thread = await started;
  await new Promise((resolve) => thread.once("message", resolve));
  expect([await write(1), await write(8)]).toEqual(["there", "there"]);
  now += 1_000;
  writeTakes = 0;
  expect([await write(1), await write(8), await write(9)]).toEqual(["here", "here", "there"]);
  expect(client.prepare("SELECT count(*) FROM t").pluck().get()).toBe(id);
  await commits.close();
  client.close();
  rmSync(folder, { recursive: true });
});

test("what the thread had under way when it died fails, and all goes on here", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tidewire-commit-"));
  const client = openClient(join(folder, "a.db"));
  client.exec("CREATE TABLE t (id INTEGER PRIMARY KEY)");
  const started = new Promise<Worker>((resolve) => process.once("worker", resolve));
  const commits = new GroupCommit(client, hurried(), () => RemoteWriter.start(client.name));
  const write = (sql: string) => commits.add({ steps: [{ sql, params: [] }] });
  await write("DELETE FROM t");
  const thread = await started;
  await new Promise((resolve) => thread.once("message", resolve));
  const lost = write(
    "INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) SELECT i FROM n",
  );
  setImmediate(() => setImmediate(() => void thread.terminate()));
  await expect(lost).rejects.toThrow("the thread that writes has ended");
  await write("INSERT INTO t VALUES (1)");
  expect(client.prepare("SELECT count(*) FROM t").pluck().get()).toBe(1);
  await commits.close();
  client.close();
  rmSync(folder, { recursive: true });
});
