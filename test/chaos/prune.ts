import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import SqliteClient from "better-sqlite3";
import type { TestContext } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { aDelivery, anAttempt, anEvent, aSubscription, delivered, NOW } from "../support/store-rows.ts";
import { planOf } from "./plan.ts";

const PRUNER = fileURLToPath(new URL("programs/pruner.ts", import.meta.url));
const DIE_AT = fileURLToPath(new URL("preload/die-at.ts", import.meta.url));
const OLD = 400;
const YOUNG = 20;

/** Killed while retention prunes: no event, delivery or attempt is left without the others, and what is pending stays. */
export async function killsInRetention({ expect, onTestFinished }: TestContext): Promise<void> {
  const { isWhole, dice } = planOf("prune");
  const folder = mkdtempSync(join(tmpdir(), "tidewire-prune-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "tidewire.db");
  await fill(path);
  for (let kill = isWhole ? 20 : 3; kill > 0; kill--) {
    const side = dice.pick(["before", "after"]);
    expect(await prune(path, `${side}:${dice.between(1, 20)}:^(delete|COMMIT)`)).toBe("SIGKILL");
    expect(orphans(path)).toEqual({ deliveries: 0, attempts: 0, unsent: 0 });
  }
  expect(await prune(path)).toBe(null);
  expect(orphans(path)).toEqual({ deliveries: 0, attempts: 0, unsent: 0 });
  const store = await openSqliteStore({ path });
  const { items } = await store.events.list({ limit: 200, connections: null });
  expect(items).toHaveLength(OLD / 10 + YOUNG);
  expect(await store.deliveries.counts()).toMatchObject({ pending: OLD / 10, delivered: YOUNG });
  await store.close();
}

/** Events that are old and delivered, but for one in ten that is pending, and some that are young. */
async function fill(path: string): Promise<void> {
  const store = await openSqliteStore({ path });
  await store.subscriptions.create(aSubscription("sub_1"));
  for (let n = 0; n < OLD + YOUNG; n++) {
    const event = anEvent(`evt_${n}`, { timestamp: n < OLD ? NOW - 1 : NOW });
    const deliveries = [aDelivery(`dlv_${n}`, { eventId: event.id })];
    void store.commitEvents({ told: [{ event, deliveries, jobs: [] }], deliveries: [], jobs: [] });
  }
  await store.settings.set("all", "told");
  for (const [n, lease] of (await store.jobs.due("deliver", "sub_1", NOW, OLD + YOUNG)).entries()) {
    if (n < OLD && n % 10 === 0) continue;
    // Not the first try, which would be kept in the delivery's own row.
    const attempt = anAttempt(`att_${n}`, `dlv_${n}`, { number: 2 });
    void store.commitAttempt({ lease, attempt, delivery: delivered(`dlv_${n}`), told: [] });
  }
  await store.close();
}

/** The signal that ended it. */
async function prune(path: string, dieAt?: string): Promise<string | null> {
  const preload = dieAt === undefined ? [] : ["--import", DIE_AT];
  const env = { ...process.env, DIE_AT: dieAt };
  const child = spawn(process.execPath, [...preload, PRUNER, path, String(NOW)], { env, stdio: "inherit" });
  await once(child, "close");
  return child.signalCode;
}

/** Rows whose other half is gone; `unsent` are pending deliveries that were taken away. */
function orphans(path: string): Record<string, unknown> {
  const client = new SqliteClient(path, { readonly: true });
  const count = (from: string) => Number(client.prepare(`SELECT count(*) FROM ${from}`).pluck().get());
  const found = {
    deliveries: count("deliveries WHERE event_id NOT IN (SELECT id FROM events)"),
    attempts: count("attempts WHERE delivery_id NOT IN (SELECT id FROM deliveries)"),
    unsent: OLD / 10 - count("deliveries WHERE status = 'pending'"),
  };
  client.close();
  return found;
}
