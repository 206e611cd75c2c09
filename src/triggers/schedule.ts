import { hash } from "node:crypto";
import type { Beat, Schedule } from "../manifest/connector.ts";
import type { NextRun } from "../model/poller.ts";
import { nextCron } from "./cron.ts";

const FIRST_BACK_OFF_MS = 60_000;
const LONGEST_BACK_OFF_MS = 60 * 60_000;
/** A provider that asks for more is asked again after a day. */
const LONGEST_ASKED_MS = 24 * 60 * 60_000;

/**
 * When a poller is due next, ms since the epoch and after `nowMs`. `every` has a phase of its own for each poller, so that many
 * do not run in the same second. Ticks that were missed coalesce, because only the next one from now counts.
 */
export function nextRun(beat: Beat, pollerId: string, nowMs: number): number {
  if ("cron" in beat) return nextCron(beat.cron, beat.timezone, nowMs);
  const { everyMs } = beat;
  const phase = Number.parseInt(hash("sha256", pollerId, "hex").slice(0, 8), 16) % everyMs;
  return (Math.floor((nowMs - phase) / everyMs) + 1) * everyMs + phase;
}

/**
 * The same of a poller that is well: sooner while an item of it may soon change; slower, never stopped, while nobody wants its
 * events, then at a time of its regular beat.
 */
export function nextRunOf(
  schedule: Schedule,
  pollerId: string,
  { isOpen, isWatched }: { isOpen: boolean; isWatched: boolean },
  nowMs: number,
): NextRun {
  const { whileOpenMs, unwatchedMs } = schedule;
  if (!isWatched && unwatchedMs !== null) {
    const slower = nextRun(schedule, pollerId, nextRun({ everyMs: unwatchedMs }, pollerId, nowMs) - 1);
    return { nextRunAt: slower, cadence: "unwatched" };
  }
  const regular = nextRun(schedule, pollerId, nowMs);
  if (!isOpen || whileOpenMs === null) return { nextRunAt: regular, cadence: "regular" };
  const sooner = nextRun({ everyMs: whileOpenMs }, pollerId, nowMs);
  return { nextRunAt: Math.min(regular, sooner), cadence: "while_open" };
}

/**
 * When a poller that failed is due: never before its next regular run nor what the provider asked for (a day at most), and
 * later with each failure in a row (1 min, 2, 4 … 60).
 */
export function nextRunAfterFailure(regular: number, failures: number, retryAfterMs: number, nowMs: number): NextRun {
  const backOff = Math.min(FIRST_BACK_OFF_MS * 2 ** (failures - 1), LONGEST_BACK_OFF_MS);
  const nextRunAt = Math.max(regular, nowMs + backOff, nowMs + Math.min(retryAfterMs, LONGEST_ASKED_MS));
  return { nextRunAt, cadence: nextRunAt > regular ? "backing_off" : "regular" };
}
