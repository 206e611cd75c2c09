import { afterAll, beforeAll, expect, test } from "vitest";
import { noteAnswer, roomAt } from "../../src/connections/allowances.ts";
import { loadConnector } from "../../src/manifest/load.ts";
import type { Store } from "../../src/store/contract.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import { ManualClock } from "../support/manual-clock.ts";

const clock = new ManualClock();
const { connector } = loadConnector("connector.json");
const RESET = "2026-11-20T08:00:30Z";

let store: Store;
beforeAll(async () => {
  store = await openSqliteStore({ path: ":memory:" });
});
afterAll(() => store.close());

const asked = (connectionId: string, auth = "default") => ({
  connector,
  account: { connectionId },
  operation: { auth },
});
const left = (remaining: number) => ({
  "anthropic-ratelimit-requests-limit": "50",
  "anthropic-ratelimit-requests-remaining": String(remaining),
  "anthropic-ratelimit-requests-reset": RESET,
});
const note = (connectionId: string, remaining: number, auth?: string) =>
  noteAnswer({ store, clock })(asked(connectionId, auth), { status: 200, headers: left(remaining) });

test("the shipped connector leaves callers a fifth of what Claude allows", () => {
  note("con_1", 10);
  expect(roomAt({ store, clock }, asked("con_1"))).toBeNull();
  note("con_1", 9);
  expect(roomAt({ store, clock }, asked("con_1"))).toBe(Date.parse(RESET));
});

test("each account and each credential has limits of its own", () => {
  note("con_2", 0, "admin");
  expect(roomAt({ store, clock }, asked("con_2"))).toBeNull();
  expect(roomAt({ store, clock }, asked("con_2", "admin"))).toBe(Date.parse(RESET));
  expect(roomAt({ store, clock }, asked("con_3", "admin"))).toBeNull();
});

test("the last answer counts, and what it said is over at the reset", async () => {
  note("con_4", 0);
  note("con_4", 40);
  expect(roomAt({ store, clock }, asked("con_4"))).toBeNull();
  note("con_4", 0);
  await clock.advance(30_000);
  expect(roomAt({ store, clock }, asked("con_4"))).toBeNull();
});

test("a refusal outlasts an answer that says nothing of limits", () => {
  const asks = asked("con_5");
  noteAnswer({ store, clock })(asks, { status: 429, headers: { "retry-after": "20" } });
  noteAnswer({ store, clock })(asks, { status: 200, headers: {} });
  expect(roomAt({ store, clock }, asks)).toBe(clock.now() + 20_000);
});
