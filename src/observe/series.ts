import type { StoredPoller } from "../model/poller.ts";
import { VERSION } from "../version.ts";
import type { Count, Meters } from "./meters.ts";
import type { State } from "./state.ts";

/** One value with the values of its labels. */
export type Point = readonly [labels: readonly string[], value: number];

/** A metric as Prometheus names it, and where its values come from. No label takes a value that callers choose. */
export interface Series {
  type: "counter" | "gauge";
  name: string;
  help: string;
  labels: readonly string[];
  points(meters: Meters, state: State): Iterable<Point>;
}

const POLLER = ["poller", "connector", "connection", "resource"] as const;

/** All of them but the durations of tries; what an operator should look at first stands first. */
export const SERIES: readonly Series[] = [
  gauge(
    "tidewire_deliveries_oldest_pending_seconds",
    "Age of the oldest delivery that is neither delivered nor given up; 0 when there is none.",
    ({ oldestPendingMs }) => oldestPendingMs / 1_000,
  ),
  {
    ...labelled("gauge", "tidewire_jobs_stored", "Jobs that are stored, due or not; all pending deliveries are.", [
      "queue",
    ]),
    points: (_, { queues }) => queues.map(({ queue, stored }) => [[queue], stored]),
  },
  {
    ...labelled("gauge", "tidewire_jobs_in_flight", "Jobs under way.", ["queue"]),
    points: (_, { queues }) => queues.map(({ queue, running }) => [[queue], running]),
  },
  counter("tidewire_delivery_attempts_total", "Tries of deliveries, by how they went.", ["class"], (m) => m.attempts),
  counter("tidewire_deliveries_ended_total", "Deliveries that came to an end.", ["status"], (m) => m.settled),
  {
    ...labelled("gauge", "tidewire_subscriptions", "Subscriptions.", ["status"]),
    points: (_, { subscriptions }) => [...subscriptions].map(([status, count]) => [[status], count]),
  },
  ofPollers("tidewire_poller_last_success_age_seconds", "Time since the last sweep that went well.", (poller, now) =>
    poller.lastSuccessAt === null ? null : (now - poller.lastSuccessAt) / 1_000,
  ),
  ofPollers("tidewire_poller_last_complete_age_seconds", "Time since the last complete sweep.", (poller, now) =>
    poller.lastCompleteAt === null ? null : (now - poller.lastCompleteAt) / 1_000,
  ),
  ofPollers(
    "tidewire_poller_next_run_seconds",
    "Time until the next sweep; below 0 when it is overdue.",
    (poller, now) => (poller.state === "paused" ? null : (poller.nextRunAt - now) / 1_000),
  ),
  ofPollers("tidewire_poller_consecutive_failures", "Sweeps in a row that failed.", (p) => p.consecutiveFailures),
  ofPollers("tidewire_poller_items", "Items known and not removed.", (poller) => poller.items),
  ofPollers("tidewire_poller_held_items", "Removals held back by a guard.", (poller) => poller.held),
  ofPollers("tidewire_poller_paused", "1 while the poller is paused or waits for a credential.", (poller) =>
    poller.state === "active" ? 0 : 1,
  ),
  byPoller("tidewire_poller_sweeps_total", "Sweeps, by how they went.", ["result"], (meters) => meters.sweeps),
  byPoller("tidewire_poller_pages_total", "Pages that sweeps asked for.", [], (meters) => meters.pages),
  counter(
    "tidewire_upstream_requests_total",
    "Requests to providers, by the class of the status or what went wrong.",
    ["connector", "operation", "outcome"],
    (meters) => meters.upstream,
  ),
  counter(
    "tidewire_inbound_webhooks_total",
    "Webhooks of providers, by what came of them: stored, repeated or the code of the refusal.",
    ["connector", "outcome"],
    (meters) => meters.inbound,
  ),
  counter(
    "tidewire_http_requests_total",
    "Requests to Tidewire.",
    ["method", "route", "status"],
    (meters) => meters.requests,
  ),
  gauge("tidewire_database_size_bytes", "Size of the database file.", ({ size }) => size.database),
  gauge("tidewire_database_log_size_bytes", "Size of the log that is not in it yet.", ({ size }) => size.log),
  gauge("tidewire_database_disk_free_bytes", "Space left on its disk.", ({ size }) => size.free),
  {
    ...labelled("gauge", "tidewire_build_info", "Always 1; its labels say what runs.", ["version", "node"]),
    points: () => [[[VERSION, process.versions.node], 1]],
  },
];

function labelled<T extends Series["type"]>(type: T, name: string, help: string, labels: readonly string[]) {
  return { type, name, help, labels };
}

function counter(name: string, help: string, labels: readonly string[], of: (meters: Meters) => Count): Series {
  return {
    ...labelled("counter", name, help, labels),
    *points(meters) {
      for (const { values, count } of of(meters).series) yield [values, count];
    },
  };
}

/** Of the pollers that are there; the first label of the count is the poller's id. */
function byPoller(name: string, help: string, labels: readonly string[], of: (meters: Meters) => Count): Series {
  return {
    ...labelled("counter", name, help, [...POLLER, ...labels]),
    *points(meters, { pollers }) {
      const known = new Map(pollers.map((one) => [one.poller.id, labelsOf(one)]));
      for (const { values, count } of of(meters).series) {
        const [id = "", ...more] = values;
        const its = known.get(id);
        if (its) yield [[...its, ...more], count];
      }
    },
  };
}

/** Null = nothing to tell. */
function gauge(name: string, help: string, value: (state: State) => number | null): Series {
  return {
    ...labelled("gauge", name, help, []),
    points(_, state) {
      const told = value(state);
      return told === null ? [] : [[[], told]];
    },
  };
}

function ofPollers(name: string, help: string, value: (poller: StoredPoller, now: number) => number | null): Series {
  return {
    ...labelled("gauge", name, help, POLLER),
    *points(_, { pollers, now }) {
      for (const one of pollers) {
        const told = value(one.poller, now);
        if (told !== null) yield [labelsOf(one), told];
      }
    },
  };
}

/** The values of `POLLER`. */
function labelsOf({ poller, connection }: State["pollers"][number]): string[] {
  return [poller.id, poller.connector, connection, poller.resource];
}
