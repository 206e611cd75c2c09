import { fileURLToPath } from "node:url";
import type { Database } from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeCursor } from "../../src/kernel/page.ts";
import type { Store } from "../../src/store/contract.ts";
import { migrateSqlite } from "../../src/store/migrate.ts";
import { openClient } from "../../src/store/sqlite-client.ts";
import { sqliteDialect } from "../../src/store/sqlite-dialect.ts";
import { createStore } from "../../src/store/store.ts";
import { aDelivery, anAttempt, aSubscription, delivered, NOW, told } from "../support/store-rows.ts";

const MIGRATIONS = fileURLToPath(new URL("../../drizzle/sqlite", import.meta.url));
const page = { limit: 20 };
const everything = { ...page, owner: null };
const all = { ...page, connections: null };
const meant = { subscriptionId: "sub_1", types: ["files.*"], since: null, until: NOW };

/** What is read often or from large tables, and the index it must go by. */
const READS: [name: string, read: (store: Store) => Promise<unknown>, index: string][] = [
  [
    "the jobs of a group",
    (s) => s.jobs.due("run", "sub_1", NOW, 100),
    "jobs_due (queue=? AND group_key=? AND due_at<?)",
  ],
  ["a group's next job", (s) => s.jobs.nextDue("run", "sub_1", NOW), "jobs_due (queue=? AND group_key=? AND due_at>?)"],
  ["the groups of a queue", (s) => s.jobs.groups("run"), "jobs_due (queue=? AND group_key>?)"],
  [
    "those that wait for their turn",
    (s) => s.deliveries.behind("sub_1", 100),
    "INDEX deliveries_lane (subscription_id=? AND lane>?)",
  ],
  [
    "the deliveries due to a subscription",
    (s) => s.jobs.due("deliver", "sub_1", NOW, 100),
    "COVERING INDEX deliveries_due (subscription_id=? AND next_attempt_at>? AND next_attempt_at<?)",
  ],
  [
    "a subscription's next delivery",
    (s) => s.jobs.nextDue("deliver", "sub_1", NOW),
    "COVERING INDEX deliveries_due (subscription_id=? AND next_attempt_at>?)",
  ],
  ["subscriptions with deliveries due", (s) => s.jobs.groups("deliver"), "deliveries_due (subscription_id>?)"],
  ["how many deliveries are pending", (s) => s.vitals.depth("deliver"), "COVERING INDEX deliveries_open (status=?)"],
  ["a key by its hash", (s) => s.keys.byHash("h"), "keys_hash (hash=?)"],
  ["a delivery for its worker", (s) => s.deliveries.load([1]), "deliveries USING INTEGER PRIMARY KEY (rowid=?)"],
  ["an event for its worker", (s) => s.events.load(["evt_1"]), "events_id (id=?)"],
  ["attempts", (s) => s.deliveries.attempts("dlv_1"), "attempts_delivery (delivery_id=?)"],
  ["pollers that are due", (s) => s.pollers.due(NOW, 10), "pollers_due (next_run_at<?)"],
  ["items by key", (s) => s.pollers.items("pol_1", ["a", "b"]), "items_key (poller_id=? AND key=?)"],
  ["what items are compared by", (s) => s.pollers.known("pol_1", ["a"]), "items_key (poller_id=? AND key=?)"],
  ["items by number", (s) => s.pollers.numbered([1, 2]), "INTEGER PRIMARY KEY (rowid=?)"],
  ["a page", (s) => s.pollers.page("pol_1", "c"), "pages_cursor (poller_id=? AND cursor=?)"],
  ["pages among cursors", (s) => s.pollers.pagesAmong("pol_1", ["a"]), "pages_cursor (poller_id=? AND cursor=?)"],
  ["cursors of pages", (s) => s.pollers.pageCursors("pol_1"), "pages_cursor (poller_id=?)"],
  ["item numbers", (s) => s.pollers.itemNumbers("pol_1", 5, 10), "items_known (poller_id=? AND n>?)"],
  ["held items", (s) => s.pollers.heldItems("pol_1", 10), "items_held (poller_id=?)"],
  ["sweeps", (s) => s.pollers.sweeps("pol_1", 10), "sweeps_poller (poller_id=?)"],
  ["deliveries", (s) => s.deliveries.list(everything), "deliveries_time"],
  [
    "deliveries of a time",
    (s) => s.deliveries.list({ ...everything, since: 1, until: 2 }),
    "deliveries_time (created_at>? AND created_at<?)",
  ],
  ["failed deliveries", (s) => s.deliveries.list({ ...everything, status: "failed" }), "deliveries_open (status=?)"],
  ["delivered deliveries", (s) => s.deliveries.list({ ...everything, status: "delivered" }), "deliveries_time"],
  [
    "deliveries of a subscription",
    (s) => s.deliveries.list({ ...everything, subscriptionId: "sub_1" }),
    "deliveries_subscription (subscription_id=?)",
  ],
  ["deliveries of an owner", (s) => s.deliveries.list({ ...page, owner: "key_1" }), "deliveries_owner (owner=?)"],
  [
    "what failed of a subscription",
    (s) => s.deliveries.ended({ ...page, ...meant, statuses: ["failed", "skipped"], cursor: encodeCursor("5.5") }),
    "deliveries_ended (subscription_id=? AND created_at>? AND created_at<?)",
  ],
  [
    "what was delivered to a subscription",
    (s) => s.deliveries.ended({ ...page, ...meant, statuses: ["failed", "delivered"] }),
    "deliveries_subscription (subscription_id=? AND created_at<?)",
  ],
  ["what a subscription missed", (s) => s.deliveries.missed("sub_1", NOW), "deliveries_ended (subscription_id=?)"],
  [
    "deliveries of events to a subscription",
    (s) => s.deliveries.ofEvents("sub_1", ["evt_1"]),
    "deliveries_event (event_id=? AND subscription_id=?)",
  ],
  [
    "deliveries of a type",
    (s) => s.deliveries.list({ ...everything, types: ["a.b"] }),
    "deliveries_type (event_type=?)",
  ],
  [
    "the types of deliveries",
    (s) => s.deliveries.list({ ...everything, types: ["a.*"] }),
    "deliveries_type (event_type>?)",
  ],
  ["events", (s) => s.events.list(all), "SCAN events"],
  [
    "events read forward",
    (s) => s.events.list({ ...all, order: "asc", cursor: encodeCursor(5) }),
    "PRIMARY KEY (rowid>?)",
  ],
  ["the ends of the log", (s) => s.events.ends(), "SEARCH events"],
  ["events of a type", (s) => s.events.list({ ...all, type: "a.b" }), "events_type (type=?)"],
  [
    "events of a connection",
    (s) => s.events.list({ ...all, connectionId: "con_1" }),
    "events_connection (connection_id=?)",
  ],
  [
    "events of a time",
    (s) => s.events.list({ ...all, since: 1, until: 2 }),
    "INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
  ],
  [
    "runs of an owner",
    (s) => s.runs.list({ ...page, owner: "key_1", connections: null, scopes: ["actions:read", "actions:write"] }),
    "runs_owner (owner=?)",
  ],
  ["a run", (s) => s.runs.get("job_1"), "runs_id (id=?)"],
  ["runs that are old", (s) => s.prune(NOW, 10), "runs_finished (finished_at<?)"],
  ["events that are old", (s) => s.prune(NOW, 10), "events_timestamp (timestamp>? AND timestamp<?)"],
];

describe("query plans", () => {
  let client: Database;
  let store: Store;
  let statements: string[];
  beforeEach(async () => {
    statements = [];
    client = openClient(":memory:", { verbose: (sql) => void statements.push(String(sql)) });
    const dialect = sqliteDialect(client);
    migrateSqlite(dialect.db, MIGRATIONS, ":memory:");
    store = await createStore(dialect);
  });
  afterEach(() => store.close());

  /** The plan of every statement that `act` runs. */
  async function plansOf(act: () => Promise<unknown>): Promise<string[]> {
    statements = [];
    await act();
    const run = statements.filter((sql) => /^\s*(WITH|SELECT|UPDATE|DELETE)/i.test(sql));
    return run.flatMap((sql) => {
      const steps = client.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all();
      return steps.map((step) => step.detail);
    });
  }

  it.each(READS)("%s go by their index and are not sorted", async (_name, read, index) => {
    const plan = await plansOf(() => read(store));
    expect(plan.join("\n")).toContain(index);
    expect(plan.filter((step) => step.includes("TEMP B-TREE"))).toEqual([]);
    expect(plan.filter((step) => /^SCAN (?!events$|grp$|json_each |CONSTANT)(?!.* USING)/.test(step))).toEqual([]);
  });

  it("what each delivery writes touches single rows", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    const plan = await plansOf(async () => {
      await store.commitEvents({
        told: [told(1)],
        deliveries: [aDelivery("dlv_2", { subscriptionId: "sub_2" })],
        jobs: [],
      });
      const [lease] = await store.jobs.due("deliver", "sub_1", NOW, 1);
      const attempt = anAttempt("att_1", "dlv_1");
      await store.commitAttempt({ lease: lease!, attempt, delivery: delivered("dlv_1"), told: [] });
    });
    expect(plan).toContain("SEARCH deliveries USING INTEGER PRIMARY KEY (rowid=?)");
    expect(plan.filter((step) => step.startsWith("SCAN"))).toEqual([]);
  });

  it("whose turn it is in a lane, and who is next, are one look each", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    const inOrder = { lane: "a" };
    await store.commitEvents({
      told: [told(1, { delivery: inOrder }), told(2, { delivery: inOrder })],
      deliveries: [],
      jobs: [],
    });
    const plan = await plansOf(async () => {
      const [lease] = await store.jobs.due("deliver", "sub_1", NOW, 1);
      const delivery = delivered("dlv_1");
      await store.commitAttempt({ lease: lease!, attempt: null, delivery, inOrder: true, told: [] });
      await store.subscriptions.delete("sub_1", NOW);
    });
    expect(plan).toContain(
      "SEARCH deliveries USING INDEX deliveries_lane (subscription_id=? AND lane=? AND next_attempt_at=?)",
    );
    expect(plan.join("\n")).toContain("deliveries_lane (subscription_id=? AND lane=? AND next_attempt_at>?)");
    expect(plan.filter((step) => /^SCAN|TEMP B-TREE/.test(step))).toEqual([]);
  });

  it("rare acts on large tables go by an index too", async () => {
    await store.subscriptions.create(aSubscription("sub_1"));
    await store.commitEvents({ told: [told(1)], deliveries: [], jobs: [] });
    const plan = await plansOf(async () => {
      await store.deliveries.retry(aDelivery("dlv_1"), NOW);
      await store.deliveries.cancel("dlv_1", NOW);
      await store.subscriptions.delete("sub_1", NOW);
      await store.connections.delete("con_1");
    });
    expect(plan.filter((step) => /^SCAN (deliveries|jobs|events|items|attempts)/.test(step))).toEqual([]);
  });
});
