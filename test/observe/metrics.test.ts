import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import type { JsonObject } from "../../src/kernel/json.ts";
import type { StoredPoller } from "../../src/model/poller.ts";
import { createMeters } from "../../src/observe/meters.ts";
import { SERIES } from "../../src/observe/series.ts";
import { Harness } from "../support/harness.ts";
import { Receiver } from "../support/receiver.ts";
import { aPoller } from "../support/store-rows.ts";
import { status } from "../support/upstream.ts";
import { parseExposition, type Sample } from "./exposition.ts";

/** Labels that a metric may have: all of them take values that a manifest, the catalog or we ourselves name. */
const LABELS = new Set(
  "class status queue result poller connector connection resource operation outcome method route version node quantile le".split(
    " ",
  ),
);

const NO_SIZE = { database: 0, log: 0, free: null };

describe("GET /metrics", () => {
  let tidewire: Harness;
  let receiver: Receiver;
  let text: string;
  let samples: Sample[];
  const value = (name: string, labels: Record<string, string> = {}) =>
    samples.find((one) => one.name === name && Object.entries(labels).every(([label, of]) => one.labels[label] === of))
      ?.value;
  const scrape = async () => {
    await tidewire.clock.advance(1_000); // what was read within the last second is told again
    ({ text } = await tidewire.api("GET", "/metrics", undefined, { key: null }));
    ({ samples } = parseExposition(text));
  };

  beforeAll(async () => {
    tidewire = await Harness.start();
    receiver = await Receiver.start(status(204), status(500));
    await tidewire.connect();
    await tidewire.sweep("models");
    await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url("/secret-path"), events: ["messages.*"] });
    const message = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };
    for (const count of [1, 2]) {
      await tidewire.run("messages.create", message);
      await receiver.arrived(count);
      await tidewire.clock.advance(1_000);
    }
    await tidewire.api("GET", "/v1/events/evt_none");
    await tidewire.api("GET", "/nowhere/at/all");
    for (const path of ["never-named-1", "never-named-2"]) await tidewire.api("GET", `/v1/proxy/claude-api/v1/${path}`);
    await scrape();
  });
  afterAll(async () => {
    await receiver.stop();
    await tidewire.end();
  });

  it("is of the text format, and keeps to its customs", () => {
    const { offences, types } = parseExposition(text);
    expect(offences).toEqual([]);
    expect(types.size).toBeGreaterThan(20);
  });

  it("is told in the guide, metric by metric", () => {
    const guide = readFileSync(new URL("../../docs/guides/operating.md", import.meta.url), "utf8");
    const told = [...guide.matchAll(/`((?:tidewire|nodejs|process)_\w+)`/g)].map(([, name]) => name);
    expect([...parseExposition(text).types.keys()].toSorted()).toEqual([...new Set(told)].toSorted());
  });

  it("tells the age of the oldest pending delivery first", async () => {
    expect(samples[0]).toMatchObject({ name: "tidewire_deliveries_oldest_pending_seconds", value: expect.any(Number) });
    const before = samples[0]!.value;
    await tidewire.clock.advance(1_000);
    await scrape();
    expect(samples[0]!.value - before).toBe(2);
  });

  it("tells the tries of deliveries, by class and by how long they took", () => {
    expect(value("tidewire_delivery_attempts_total", { class: "ok" })).toBe(1);
    expect(value("tidewire_delivery_attempts_total", { class: "http_5xx" })).toBe(1);
    expect(value("tidewire_deliveries_ended_total", { status: "delivered" })).toBe(1);
    expect(value("tidewire_delivery_attempt_duration_seconds_count")).toBe(2);
    const buckets = samples.filter(({ name }) => name === "tidewire_delivery_attempt_duration_seconds_bucket");
    expect(buckets.at(-1)).toMatchObject({ labels: { le: "+Inf" }, value: 2 });
    expect(buckets.map((one) => one.value)).toEqual(buckets.map((one) => one.value).toSorted((a, b) => a - b));
    expect(value("tidewire_jobs_stored", { queue: "deliver" })).toBe(1);
    expect(value("tidewire_jobs_in_flight", { queue: "deliver" })).toBe(0);
    expect(value("tidewire_subscriptions", { status: "active" })).toBe(1);
    expect(value("tidewire_subscriptions", { status: "disabled" })).toBe(0);
  });

  it("tells how each poller is", () => {
    const models = { connector: "claude-api", connection: "work", resource: "models" };
    expect(value("tidewire_poller_sweeps_total", { ...models, result: "complete" })).toBeGreaterThanOrEqual(1);
    expect(value("tidewire_poller_pages_total", models)).toBeGreaterThanOrEqual(1);
    expect(value("tidewire_poller_items", models)).toBeGreaterThan(0);
    expect(value("tidewire_poller_consecutive_failures", models)).toBe(0);
    // Schedules tick by the system's clock here: it may be swept at any moment, or be a little overdue.
    expect(value("tidewire_poller_last_success_age_seconds", models)).toBeGreaterThanOrEqual(0);
    expect(value("tidewire_poller_last_complete_age_seconds", models)).toBeGreaterThanOrEqual(0);
    expect(value("tidewire_poller_next_run_seconds", models)).toBeLessThanOrEqual(60);
  });

  it("tells requests in both directions", () => {
    const asked = (operation: string) =>
      value("tidewire_upstream_requests_total", { connector: "claude-api", operation, outcome: "2xx" });
    expect(asked("messages.create")).toBe(2);
    expect(asked("models.list")).toBeGreaterThanOrEqual(2);
    // Each path that a caller made up was a series of its own.
    expect(value("tidewire_upstream_requests_total", { operation: "(none)", outcome: "4xx" })).toBe(2);
    const answered = (route: string, code: string) => value("tidewire_http_requests_total", { route, status: code });
    expect(answered("/v1/connectors/:connector/operations/:operation", "200")).toBe(2);
    expect(answered("/v1/events/:id", "404")).toBe(1);
    expect(answered("(none)", "404")).toBe(1);
  });

  it("tells of the process and of the database", () => {
    for (const name of [
      "tidewire_database_size_bytes",
      "tidewire_database_disk_free_bytes",
      "nodejs_heap_used_bytes",
    ]) {
      expect(value(name)).toBeGreaterThan(0);
    }
    expect(value("nodejs_eventloop_delay_seconds", { quantile: "0.99" })).toBeGreaterThanOrEqual(0);
    expect(value("tidewire_build_info")).toBe(1);
  });

  it("has no label that callers give values to", () => {
    const labels = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
    expect([...labels].filter((label) => !LABELS.has(label))).toEqual([]);
    for (const told of ["secret-path", "nowhere", "never-named", "sub_", "evt_", "tw_"])
      expect(text).not.toContain(told);
  });

  it("asks the database once a second at most, however many scrape", async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => tidewire.api("GET", "/metrics", undefined)));
    expect(new Set(all.map((one) => one.text)).size).toBe(1);
  });

  it("forgets the pollers of a connection that is gone", async () => {
    const [connection] = (await tidewire.api("GET", "/v1/connections")).body.result as JsonObject[];
    await tidewire.api("DELETE", `/v1/connections/${String(connection?.id)}`);
    await scrape();
    expect(text).not.toContain("pol_");
  });
});

it("counts pending and ended deliveries as the API does (those that wait for their turn, are skipped or cancelled were left out)", async () => {
  const tidewire = await Harness.start();
  const receiver = await Receiver.start(status(500));
  await tidewire.connect();
  const subscribe = async (more: JsonObject) =>
    (await tidewire.api("POST", "/v1/subscriptions", { url: receiver.url(), events: ["messages.*"], ...more })).body
      .result as JsonObject;
  await subscribe({ ordered: true });
  const paused = await subscribe({ url: receiver.url("/paused") });
  await tidewire.api("POST", `/v1/subscriptions/${String(paused.id)}/pause`);
  const message = { model: "claude-opus-5-5", max_tokens: 10, messages: [{ role: "user", content: "Hi" }] };
  for (let n = 0; n < 5; n++) await tidewire.run("messages.create", message);
  await receiver.arrived(1);
  await tidewire.clock.advance(1_000);
  const deliveries = async (query: string) =>
    (await tidewire.api("GET", `/v1/deliveries?${query}`)).body.result as JsonObject[];
  const [newest] = await deliveries("status=pending");
  await tidewire.api("POST", `/v1/deliveries/${String(newest?.id)}/cancel`);
  await tidewire.clock.advance(1_000);
  const { samples } = parseExposition((await tidewire.api("GET", "/metrics")).text);
  const value = (name: string, label: string) =>
    samples.find((one) => one.name === name && Object.values(one.labels).includes(label))?.value;
  expect(value("tidewire_jobs_stored", "deliver")).toBe((await deliveries("status=pending")).length);
  for (const [ended, count] of Object.entries({ skipped: 5, cancelled: 1 })) {
    expect(await deliveries(`status=${ended}`)).toHaveLength(count);
    expect(value("tidewire_deliveries_ended_total", ended)).toBe(count);
  }
  await receiver.stop();
  await tidewire.end();
});

describe("times of a poller", () => {
  /** What a metric tells at 5 s of a poller. */
  const toldOf = (metric: string, times: Partial<StoredPoller>) => {
    const series = SERIES.find(({ name }) => name === `tidewire_poller_${metric}_seconds`);
    const pollers = [{ poller: aPoller("pol_1", times), connection: "work" }];
    const state = { now: 5_000, pollers, oldestPendingMs: 0, queues: [], subscriptions: new Map(), size: NO_SIZE };
    return [...(series?.points(createMeters(), state) ?? [])].map(([, seconds]) => seconds);
  };

  test("a poller that was never swept has no age of a success", () => {
    expect(toldOf("last_success_age", { lastSuccessAt: null })).toEqual([]);
    expect(toldOf("last_success_age", { lastSuccessAt: 2_000 })).toEqual([3]);
  });

  test("nor one of a complete sweep, which may be older than its last success", () => {
    expect(toldOf("last_complete_age", { lastCompleteAt: null, lastSuccessAt: 2_000 })).toEqual([]);
    expect(toldOf("last_complete_age", { lastCompleteAt: 1_000, lastSuccessAt: 2_000 })).toEqual([4]);
  });

  test("the next run lies ahead, or behind when it is overdue; one that is paused has none", () => {
    expect(toldOf("next_run", { nextRunAt: 3_500, state: "paused" })).toEqual([]);
    expect(toldOf("next_run", { nextRunAt: 65_000 })).toEqual([60]);
    expect(toldOf("next_run", { nextRunAt: 3_500 })).toEqual([-1.5]);
  });
});

describe("who may read the metrics", () => {
  const keyWith = async (tidewire: Harness, ...scopes: string[]) => {
    const { body } = await tidewire.api("POST", "/v1/keys", { name: scopes.join(), scopes });
    return String((body.result as JsonObject).key);
  };
  const asked = async (tidewire: Harness, key: string | null, headers = {}) =>
    (await tidewire.api("GET", "/metrics", undefined, { key, headers })).status;

  it("is anybody on this machine, but nobody whom a proxy sends on", async () => {
    const tidewire = await Harness.start();
    expect(await asked(tidewire, null)).toBe(200);
    expect(await asked(tidewire, null, { "x-forwarded-for": "203.0.113.9" })).toBe(401);
    expect(await asked(tidewire, await keyWith(tidewire, "metrics"), { "x-forwarded-for": "203.0.113.9" })).toBe(200);
    const mounted = await tidewire.tidewire.app.request("/metrics"); // in somebody else's server, on no socket of ours
    expect(mounted.status).toBe(401);
    await tidewire.end();
  });

  it("needs the scope where others may reach the server", async () => {
    const tidewire = await Harness.start({ env: { HOST: "0.0.0.0" } });
    expect(await asked(tidewire, null)).toBe(401);
    expect(await asked(tidewire, await keyWith(tidewire, "events"))).toBe(403);
    expect(await asked(tidewire, await keyWith(tidewire, "metrics"))).toBe(200);
    expect(await asked(tidewire, await keyWith(tidewire, "admin"))).toBe(200);
    await tidewire.end();
  });
});
