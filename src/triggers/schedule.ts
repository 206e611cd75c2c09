import { createHash } from "node:crypto";
import { createTask } from "node-cron";
import type { Poller } from "../manifest/connector.ts";

const MINUTE_MS = 60_000;
/** Time zones differ by quarters of an hour, so a day that does not match can be crossed in these steps. */
const COARSE_STEP_MS = 15 * MINUTE_MS;
/** As far as we look ahead: a leap day comes again within eight years. */
const HORIZON_MS = 8 * 366 * 24 * 60 * MINUTE_MS;

const FIRST_BACK_OFF_MS = MINUTE_MS;
const LONGEST_BACK_OFF_MS = 60 * MINUTE_MS;

/**
 * When a poller is due next, ms since the epoch and after `nowMs`. `every` has a phase of its own for each poller, so that many
 * do not run in the same second. Ticks that were missed coalesce, because only the next one from now counts.
 */
export function nextRun(schedule: Poller["schedule"], pollerId: string, nowMs: number): number {
  if ("cron" in schedule) return nextCron(schedule.cron, schedule.timezone, nowMs);
  const { everyMs } = schedule;
  const phase = createHash("sha256").update(pollerId).digest().readUInt32BE(0) % everyMs;
  return (Math.floor((nowMs - phase) / everyMs) + 1) * everyMs + phase;
}

/**
 * When a poller that failed is due: never before its next regular run nor what the provider asked for, and later with each
 * failure in a row (1 min, 2, 4 … 60).
 */
export function nextRunAfterFailure(regular: number, failures: number, retryAfterMs: number, nowMs: number): number {
  const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), LONGEST_BACK_OFF_MS);
  return Math.max(regular, nowMs + backOff, nowMs + retryAfterMs);
}

/**
 * The next minute that a cron expression matches in its time zone. node-cron knows the rules (`match`) but starts from its own
 * clock, so we walk ours: quarters of an hour over days and hours that cannot match, then minutes.
 */
function nextCron(expression: string, timezone: string, nowMs: number): number {
  const fields = expression.trim().split(/\s+/);
  // A field of seconds is coarser than we run: the minute decides.
  const [minute, hour, ...days] = fields.slice(-5);
  const hourMatches = matcher(["*", hour, ...days], timezone);
  const minuteMatches = matcher([minute, hour, ...days], timezone);
  let at = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS;
  while (at <= nowMs + HORIZON_MS) {
    if (minuteMatches(at)) return at;
    at = hourMatches(at) ? at + MINUTE_MS : (Math.floor(at / COARSE_STEP_MS) + 1) * COARSE_STEP_MS;
  }
  return at;
}

function matcher(fields: (string | undefined)[], timezone: string): (atMs: number) => boolean {
  const task = createTask(fields.join(" "), () => undefined, { timezone });
  // node-cron keeps each task in a list of its own until it is destroyed; a match needs no living task.
  void task.destroy();
  return (atMs) => task.match(new Date(atMs));
}
