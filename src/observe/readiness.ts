import type { Ports } from "../context.ts";
import { sleep } from "../kernel/clock.ts";
import { asError, type ErrorCode } from "../kernel/errors.ts";
import type { JsonObject } from "../kernel/json.ts";
import { sharedReading } from "../kernel/shared-reading.ts";
import type { PollerState } from "../model/poller.ts";
import { VERSION } from "../version.ts";
import { shownPollers } from "./shown-pollers.ts";

export type ReadinessPorts = Pick<Ports, "store" | "jobs" | "clock" | "connectors">;

/** What is wrong: a stable code, and in words what it means. */
export interface Problem {
  code: ErrorCode | "jobs_stalled" | "pollers_stalled";
  detail: string;
}

/** What the judgement goes by. Times are ms since the epoch. */
export interface Signs {
  now: number;
  /** What the database said to a small write; null when it took it. */
  database: Problem | null;
  /** Null while the jobs do not run. */
  startedAt: number | null;
  overdueSince: number | null;
  /** The last time that the due pollers were looked for; null before the first. */
  tickedAt: number | null;
}

/** However many ask, it is looked this often at most. */
const KEPT_MS = 1_000;
/** An answer comes within this time, whatever hangs. */
const LONGEST_MS = 2_000;
/** A job that is due begins within milliseconds, and pollers are looked for each second. */
const STALLED_AFTER_MS = 30_000;

/** Everything that keeps the product from doing its work now; none = it is ready. */
export function judge({ now, database, startedAt, overdueSince, tickedAt }: Signs): Problem[] {
  const problems = database ? [database] : [];
  if (startedAt === null) {
    return [...problems, { code: "unavailable", detail: "Jobs do not run: Tidewire is starting or stopping." }];
  }
  const waited = now - (overdueSince ?? now);
  if (waited > STALLED_AFTER_MS) {
    const detail = `A job that is due has waited for ${Math.round(waited / 1_000)} s although there is room for it.`;
    problems.push({ code: "jobs_stalled", detail });
  }
  const silent = now - Math.max(tickedAt ?? 0, startedAt);
  if (silent > STALLED_AFTER_MS) {
    const detail = `No poller was looked for in ${Math.round(silent / 1_000)} s.`;
    problems.push({ code: "pollers_stalled", detail });
  }
  return problems;
}

/** What `GET /health/ready` tells; `sandboxUrl` is that of the sandbox which stands in, null when none does. */
export function createReadiness(ports: ReadinessPorts, sandboxUrl: () => string | null) {
  return sharedReading(ports.clock, KEPT_MS, () => readiness(ports, sandboxUrl()));
}

async function readiness(ports: ReadinessPorts, sandboxUrl: string | null): Promise<JsonObject & { ready: boolean }> {
  const { store, jobs, clock } = ports;
  const database = await probe(ports);
  const { startedAt, overdueSince, ticks } = jobs.vitals();
  const now = clock.now();
  const problems = judge({ now, database, startedAt, overdueSince, tickedAt: ticks.get("pollers") ?? null });
  return {
    ready: problems.length === 0,
    code: problems[0]?.code ?? null,
    problems: problems.map((problem) => ({ ...problem })),
    version: VERSION,
    database: database?.code ?? "ok",
    jobs: {
      delivering: jobs.running("deliver"),
      oldest_pending_seconds: database ? null : await oldestPending(store, now),
    },
    pollers: database ? null : await pollerStates(ports),
    sandbox: sandboxUrl === null ? null : { url: sandboxUrl },
  };
}

/** How many pollers are in each state. */
async function pollerStates(ports: ReadinessPorts): Promise<Record<PollerState, number>> {
  const counts = { active: 0, paused: 0, needs_reauth: 0 };
  for (const { poller } of await shownPollers(ports)) counts[poller.state]++;
  return counts;
}

async function oldestPending({ vitals }: ReadinessPorts["store"], now: number): Promise<number> {
  const at = await vitals.oldestPending();
  return at === null ? 0 : Math.max(now - at, 0) / 1_000;
}

async function probe({ store, clock }: ReadinessPorts): Promise<Problem | null> {
  const written = store.vitals.probe().then(
    () => null,
    (thrown: unknown) => problemOf(thrown),
  );
  const late: Problem = { code: "database_busy", detail: `The database took no write within ${LONGEST_MS / 1_000} s.` };
  return Promise.race([written, sleep(clock, LONGEST_MS).then(() => late)]);
}

function problemOf(thrown: unknown): Problem {
  const { code, message } = asError(thrown);
  return { code, detail: message };
}
