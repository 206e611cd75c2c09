import { describe } from "vitest";
import { backends, threadBackend } from "./store-backends.ts";
import { commitSuite } from "./store-commits.ts";
import { configurationSuite } from "./store-configuration.ts";
import { deliverySuite } from "./store-deliveries.ts";
import { durabilitySuite } from "./store-durability.ts";
import { idempotencySuite } from "./store-idempotency.ts";
import { jobStoreSuite } from "./store-jobs.ts";
import { logSuite } from "./store-log.ts";
import { pagingSuite } from "./store-paging.ts";
import { pollerSuite } from "./store-pollers.ts";
import { pruneSuite } from "./store-prune.ts";
import { replaySuite } from "./store-replays.ts";
import { runSuite } from "./store-runs.ts";
import { timeSuite } from "./store-time.ts";

const SUITES = {
  acts: commitSuite,
  configuration: configurationSuite,
  "events and deliveries": deliverySuite,
  "remembered writes": idempotencySuite,
  jobs: jobStoreSuite,
  listings: pagingSuite,
  log: logSuite,
  polling: pollerSuite,
  replays: replaySuite,
  retention: pruneSuite,
  "asynchronous runs": runSuite,
  time: timeSuite,
};

describe.each(backends())("the store contract on $name", (backend) => {
  for (const [name, suite] of Object.entries(SUITES)) describe(name, () => suite(backend.open));
  describe("durability", () => durabilitySuite(backend));
});

describe("the store contract where a thread writes", () => {
  const backend = threadBackend();
  describe("acts", () => commitSuite(backend.open));
  describe("events and deliveries", () => deliverySuite(backend.open));
  describe("jobs", () => jobStoreSuite(backend.open));
  describe("durability", () => durabilitySuite(backend));
});
