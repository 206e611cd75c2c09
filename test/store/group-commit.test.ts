import SqliteClient, { type Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Plan, Step } from "../../src/store/dialect.ts";
import { GroupCommit } from "../../src/store/group-commit.ts";

describe("group commit", () => {
  let client: Database;
  let commits: GroupCommit;
  let statements: string[];

  beforeEach(() => {
    statements = [];
    client = new SqliteClient(":memory:", { verbose: (sql) => void statements.push(String(sql)) });
    client.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)");
    commits = new GroupCommit(client);
  });
  afterEach(() => void client.close());

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
    expect([count("BEGIN IMMEDIATE"), count("COMMIT")]).toEqual([1, 1]);
    await commits.add({ steps: [insert(500)] });
    expect(count("COMMIT")).toBe(2);
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

  it("writes what waits when it is closed, and takes nothing more", async () => {
    const waiting = commits.add({ steps: [insert(1)] });
    commits.close();
    expect(rows()).toEqual([1]);
    expect(await waiting).toMatchObject({ result: "committed" });
    await expect(commits.add({ steps: [insert(2)] })).rejects.toMatchObject({ code: "unavailable" });
  });
});
